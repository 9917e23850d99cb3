#include "embed/tokenize/added.h"

#include "base/utf8.h"
#include "embed/tokenize/normalize.h"

#include <stdlib.h>

/* Children of a node are a chain of siblings: tokens are few, and most nodes have one child. */
struct td_added_node {
    uint32_t child, sibling; /* 0: none */
    uint32_t token;          /* index + 1; 0: none ends here */
    unsigned char byte;
};

static tandem_code add_node(td_added *added, unsigned char byte, uint32_t *index_out,
                            tandem_error *err)
{
    if (added->n_nodes == added->capacity) {
        size_t capacity = added->capacity ? added->capacity * 2 : 64;
        td_added_node *nodes = realloc(added->nodes, capacity * sizeof(*nodes));
        if (!nodes)
            return td_fail_nomem(err, "added tokens");
        added->nodes = nodes;
        added->capacity = capacity;
    }
    added->nodes[added->n_nodes] = (td_added_node){.byte = byte};
    *index_out = (uint32_t)added->n_nodes++;
    return TANDEM_OK;
}

static uint32_t find_child(const td_added *added, uint32_t node, unsigned char byte)
{
    uint32_t child = added->nodes[node].child;
    while (child && added->nodes[child].byte != byte)
        child = added->nodes[child].sibling;
    return child;
}

static tandem_code add_path(td_added *added, td_str content, uint32_t *node_out, tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    uint32_t node = 0;

    if (added->n_nodes == 0)
        TD_TRY(add_node(added, 0, &node, err));
    for (size_t i = 0; i < content.n; i++) {
        uint32_t child = find_child(added, node, (unsigned char)content.ptr[i]);
        if (!child) {
            TD_TRY(add_node(added, (unsigned char)content.ptr[i], &child, err));
            added->nodes[child].sibling = added->nodes[node].child;
            added->nodes[node].child = child;
        }
        node = child;
    }
    *node_out = node;

out:
    return code;
}

static tandem_code grow_tokens(td_added *added, tandem_error *err)
{
    if (added->n_tokens == TD_ADDED_TOKENS_MAX)
        return td_fail(err, TANDEM_E_TOO_LARGE, "at most %d added tokens are read",
                       TD_ADDED_TOKENS_MAX);
    if (added->n_tokens == added->tokens_capacity) {
        size_t capacity = added->tokens_capacity ? added->tokens_capacity * 2 : 16;
        td_added_token *tokens = realloc(added->tokens, capacity * sizeof(*tokens));
        if (!tokens)
            return td_fail_nomem(err, "added tokens");
        added->tokens = tokens;
        added->tokens_capacity = capacity;
    }
    return TANDEM_OK;
}

tandem_code td_embed_tokenize_added_add(td_added *added, const td_added_token *token,
                                        tandem_error *err)
{
    tandem_code code = TANDEM_OK;
    uint32_t node = 0;
    unsigned char first;

    if (token->content.n == 0)
        return TANDEM_OK;
    if (token->content.n > TD_ADDED_BYTES_MAX)
        return td_fail(err, TANDEM_E_TOO_LARGE, "an added token of %zu bytes, at most %d are read",
                       token->content.n, TD_ADDED_BYTES_MAX);
    TD_TRY(grow_tokens(added, err));
    TD_TRY(add_path(added, token->content, &node, err));
    if (added->nodes[node].token == 0)
        added->nodes[node].token = (uint32_t)++added->n_tokens;
    added->tokens[added->nodes[node].token - 1] = *token;
    added->tokens[added->nodes[node].token - 1].content = (td_str){NULL, token->content.n};
    first = (unsigned char)token->content.ptr[0];
    added->starts[first] = true;
    added->only_start = added->n_tokens == 1 || added->only_start == first ? first : -1;

out:
    return code;
}

void td_embed_tokenize_added_clear(td_added *added)
{
    free(added->nodes);
    free(added->tokens);
    *added = (td_added){0};
}

static bool before_is(td_str text, size_t at, bool (*is)(uint32_t), size_t *start_out)
{
    uint32_t codepoint = 0;
    if (at == 0)
        return false;
    *start_out = td_utf8_floor(text, at - 1);
    return td_utf8_at(text, *start_out, &codepoint) && is(codepoint);
}

static bool after_is(td_str text, size_t at, bool (*is)(uint32_t), size_t *end_out)
{
    uint32_t codepoint = 0;
    size_t n = td_utf8_at(text, at, &codepoint);
    *end_out = at + n;
    return n && is(codepoint);
}

static size_t skip_spaces(td_str text, size_t at)
{
    size_t end;
    while (after_is(text, at, td_utf8_is_space, &end))
        at = end;
    return at;
}

static const td_added_token *longest_at(const td_added *added, td_str text, size_t at,
                                        size_t *end_out)
{
    const td_added_token *token = NULL;
    uint32_t node = 0;
    for (; at < text.n; at++) {
        node = find_child(added, node, (unsigned char)text.ptr[at]);
        if (!node)
            break;
        if (added->nodes[node].token) {
            token = &added->tokens[added->nodes[node].token - 1];
            *end_out = at + 1;
        }
    }
    return token;
}

static size_t next_start(const td_added *added, td_str text, size_t at)
{
    if (added->only_start >= 0)
        return td_str_find_byte(text, (char)added->only_start, at);
    while (at < text.n && !added->starts[(unsigned char)text.ptr[at]])
        at++;
    return at < text.n ? at : TD_STR_NONE;
}

bool td_embed_tokenize_added_find(const td_added *added, td_str text, td_added_at *at,
                                  td_added_match *match_out)
{
    size_t ignored, end;

    if (added->n_tokens == 0)
        return false;
    while ((at->next = next_start(added, text, at->next)) != TD_STR_NONE) {
        const td_added_token *token = longest_at(added, text, at->next, &end);
        size_t start = at->next;
        if (!token) {
            at->next++;
            continue;
        }
        at->next = end;
        if (token->single_word &&
            (before_is(text, start, td_embed_tokenize_normalize_is_word, &ignored) ||
             after_is(text, end, td_embed_tokenize_normalize_is_word, &ignored)))
            continue;
        while (token->lstrip && start > at->covered &&
               before_is(text, start, td_utf8_is_space, &ignored))
            start = ignored;
        if (token->rstrip)
            end = at->spaces = skip_spaces(text, end > at->spaces ? end : at->spaces);
        *match_out = (td_added_match){start, end, token->id};
        return true;
    }
    at->next = text.n;
    return false;
}
