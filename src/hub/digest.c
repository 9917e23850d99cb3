#include "hub/digest.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    SHA256_DIGITS = 64,
    SHA1_DIGITS = 40,
    BLOB_HEAD_BYTES = 32,
};

struct td_hub_digest {
    EVP_MD_CTX *context;
    const EVP_MD *kind;
    char expected[SHA256_DIGITS];
    size_t n_digits;
    uint64_t n_bytes;
};

static tandem_code fail(tandem_error *err)
{
    return td_fail(err, TANDEM_E_INTERNAL,
                   "OpenSSL cannot make a hash here: is SHA-1 switched off?");
}

tandem_code td_hub_digest_new(td_str expected, uint64_t n_bytes, td_hub_digest **digest_out,
                              tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    td_hub_digest *digest = NULL;

    if (expected.n != SHA256_DIGITS && expected.n != SHA1_DIGITS)
        TD_FAIL(err, TANDEM_E_UNSUPPORTED, "a hash of %zu digits: %d (SHA-256) or %d (git)",
                expected.n, SHA256_DIGITS, SHA1_DIGITS);
    digest = calloc(1, sizeof(*digest));
    if (!digest)
        TD_TRY(td_fail_nomem(err, "hash"));
    digest->context = EVP_MD_CTX_new();
    if (!digest->context)
        TD_TRY(td_fail_nomem(err, "hash"));
    digest->kind = expected.n == SHA256_DIGITS ? EVP_sha256() : EVP_sha1();
    memcpy(digest->expected, expected.ptr, expected.n);
    digest->n_digits = expected.n;
    digest->n_bytes = n_bytes;
    TD_TRY(td_hub_digest_restart(digest, err));
    *digest_out = digest;
    digest = NULL;
out:
    td_hub_digest_free(digest);
    return code;
}

void td_hub_digest_free(td_hub_digest *digest)
{
    if (!digest)
        return;
    EVP_MD_CTX_free(digest->context);
    free(digest);
}

tandem_code td_hub_digest_restart(td_hub_digest *digest, tandem_error *err)
{
    char head[BLOB_HEAD_BYTES];

    if (EVP_DigestInit_ex(digest->context, digest->kind, NULL) != 1)
        return fail(err);
    if (digest->n_digits == SHA256_DIGITS)
        return TANDEM_OK;
    int n = snprintf(head, sizeof(head), "blob %llu", (unsigned long long)digest->n_bytes);
    return td_hub_digest_add(digest, (td_str){head, (size_t)n + 1}, err);
}

tandem_code td_hub_digest_add(td_hub_digest *digest, td_str bytes, tandem_error *err)
{
    return EVP_DigestUpdate(digest->context, bytes.ptr, bytes.n) == 1 ? TANDEM_OK : fail(err);
}

tandem_code td_hub_digest_matches(td_hub_digest *digest, bool *matches_out, tandem_error *err)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    bool matches = true;

    if (EVP_DigestFinal_ex(digest->context, bytes, &n) != 1)
        return fail(err);
    for (size_t i = 0; i < digest->n_digits; i++)
        matches =
            matches && digest->expected[i] == digits[i % 2 ? bytes[i / 2] & 15 : bytes[i / 2] >> 4];
    *matches_out = matches;
    return TANDEM_OK;
}
