#include "cache/cache.h"

td_hash td_cache_key(td_str model, tandem_role role, td_str text)
{
    char as = role == TANDEM_ROLE_QUERY ? 'q' : 'd';
    const td_str parts[] = {model, {&as, 1}, text};
    return td_hash_of_parts(parts, sizeof(parts) / sizeof(parts[0]));
}
