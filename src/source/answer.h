/* source/answer.h - what a web server's answer makes of a page.
 *
 * In:       a td_net_reply that is not retried or followed
 * Out:      a td_page: fetched, unchanged, skipped or failed, with its reason
 * Threads:  pure functions
 */
#ifndef TD_SOURCE_ANSWER_H
#define TD_SOURCE_ANSWER_H

#include "net/net.h"
#include "source/source.h"

/* TANDEM_OK for 2xx; else what kind of failure the status is. tandem_code_retry knows which of them
 * may go away by themselves. */
tandem_code td_source_answer_code(int status);

/* The page `uri` of the answer. Errors: E_NOMEM. */
tandem_code td_source_answer_page(td_str uri, const td_net_reply *reply,
                                  const td_source_options *options, td_page **page_out,
                                  tandem_error *err);

#endif
