/* tandem/version.h - which tandem this is. */
#ifndef TANDEM_VERSION_H
#define TANDEM_VERSION_H

#ifdef __cplusplus
extern "C" {
#endif

/* "0.1.0". Static. */
const char *tandem_version(void);

#ifdef __cplusplus
}
#endif

#endif
