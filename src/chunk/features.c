#include "chunk/features.h"

#include "chunk/lines.h"

enum {
    TOKEN_BYTES_MAX = 11
}; /* longer ones are cut; with the prefix a row of the table has 12 */

typedef struct counter {
    float n[TD_CHUNK_N_SHAPES];
    size_t lines, bytes, words;
    size_t first_commas; /* of the first line; a table has as many in each */
    size_t margin;       /* columns that all lines of the sample are indented by */
    td_chunk_features_each each;
    void *user;
} counter;

#define ADD(counter, name) ((counter)->n[TD_CHUNK_SHAPE_##name] += 1)

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return is_lower(c) || is_upper(c) || is_digit(c) || c == '_' || (c & 0x80);
}

static bool list_has(const char *list, td_str word)
{
    char spaced[16];
    if (word.n == 0 || word.n + 3 > sizeof spaced)
        return false;
    spaced[0] = ' ';
    for (size_t i = 0; i < word.n; i++)
        spaced[i + 1] = is_upper(word.ptr[i]) ? (char)(word.ptr[i] + 32) : word.ptr[i];
    spaced[word.n + 1] = ' ';
    spaced[word.n + 2] = '\0';
    return strstr(list, spaced) != NULL;
}

static const char stop_english[] =
    " the of and to a in is that it for on are as with be this by you or from your can an "
    "not at we have will was which if when they has its but may all any one these their also "
    "more use used than there such into so other then only been our should would about must "
    "each were no who had ";
static const char stop_other[] =
    " der die das und ist ein eine nicht mit den von zu auf wird dem des im sich oder le la "
    "les des et est un une dans pour que qui sur par ce se pas plus du au el los las y en "
    "del con una por para se como su al il di che non per sono da con os dos em um uma com o "
    "e het een van dat niet op te voor och att som av ett till inte ";

static void emit(counter *c, char prefix, td_str token)
{
    char text[TOKEN_BYTES_MAX + 1];
    size_t n = token.n < TOKEN_BYTES_MAX ? token.n : TOKEN_BYTES_MAX;
    if (!c->each)
        return;
    text[0] = prefix;
    memcpy(text + 1, token.ptr, n);
    c->each(c->user, (td_str){text, n + 1});
}

static void count_word(counter *c, td_str line, size_t start, size_t end)
{
    td_str word = td_str_slice(line, start, end);
    size_t n_upper = 0, n_lower = 0, n_humps = 0, n_bars = 0;
    for (size_t i = 0; i < word.n; i++) {
        n_upper += is_upper(word.ptr[i]);
        n_lower += is_lower(word.ptr[i]);
        n_humps += i > 0 && is_upper(word.ptr[i]) && is_lower(word.ptr[i - 1]);
        n_bars += word.ptr[i] == '_';
    }
    if (n_upper + n_lower == 0 && !(word.ptr[0] & 0x80))
        return;
    c->words++;
    c->n[TD_CHUNK_SHAPE_STOP_ENGLISH] += list_has(stop_english, word);
    c->n[TD_CHUNK_SHAPE_STOP_OTHER] += list_has(stop_other, word);
    c->n[TD_CHUNK_SHAPE_WORD_CAPITAL] += is_upper(word.ptr[0]) && n_upper == 1 && n_lower > 0;
    c->n[TD_CHUNK_SHAPE_WORD_SNAKE] += n_bars > 0;
    c->n[TD_CHUNK_SHAPE_WORD_CAMEL] += n_humps > 0;
    c->n[TD_CHUNK_SHAPE_WORD_ALL_CAPS] += n_lower == 0 && n_upper > 1;
    c->n[TD_CHUNK_SHAPE_WORD_LONG] += word.n > 12;
    c->n[TD_CHUNK_SHAPE_WORD_CALL] += end < line.n && line.ptr[end] == '(';
    c->n[TD_CHUNK_SHAPE_WORD_PAIR] += end + 1 < line.n && line.ptr[end] == ' ' && n_bars == 0 &&
                                      (is_lower(line.ptr[end + 1]) || (line.ptr[end + 1] & 0x80));
}

/* Where the token that starts at `i` ends: a word, a number, or up to three marks. */
static size_t token_end(td_str line, size_t i)
{
    size_t end = i + 1;
    if (is_word(line.ptr[i])) {
        while (end < line.n && is_word(line.ptr[end]))
            end++;
        return end;
    }
    while (end < line.n && end < i + 3 && !is_word(line.ptr[end]) && line.ptr[end] != ' ' &&
           line.ptr[end] != '\t')
        end++;
    return end;
}

static void count_tokens(counter *c, td_str line)
{
    td_str last = {"", 0};
    for (size_t i = 0; i < line.n;) {
        if (line.ptr[i] == ' ' || line.ptr[i] == '\t') {
            i++;
            continue;
        }
        size_t end = token_end(line, i);
        td_str token = td_str_slice(line, i, end);
        if (is_word(token.ptr[0])) {
            count_word(c, line, i, end);
            if (is_digit(token.ptr[0]))
                token = TD_STR("0");
        }
        emit(c, ' ', token);
        if (last.n == 0)
            emit(c, '^', token);
        last = token;
        i = end;
    }
    if (last.n > 0)
        emit(c, '$', last);
}

static void count_bytes(counter *c, td_str line)
{
    size_t commas = 0, pipes = 0;
    for (size_t i = 0; i < line.n; i++) {
        char b = line.ptr[i];
        commas += b == ',' || b == ';';
        pipes += b == '|';
        if (b == ' ' || b == '\t') {
            ADD(c, SPACES);
        } else if (b & 0x80) {
            ADD(c, NOT_ASCII);
        } else if (is_lower(b) || is_upper(b)) {
            ADD(c, LETTERS);
            c->n[TD_CHUNK_SHAPE_UPPERS] += is_upper(b);
        } else if (is_digit(b)) {
            ADD(c, DIGITS);
        } else {
            td_chunk_shape shape = strchr("(){}[]", b)     ? TD_CHUNK_SHAPE_BRACKETS
                                   : b == ';'              ? TD_CHUNK_SHAPE_SEMICOLONS
                                   : b == '='              ? TD_CHUNK_SHAPE_EQUALS
                                   : b == '<' || b == '>'  ? TD_CHUNK_SHAPE_ANGLES
                                   : strchr("\"'`", b)     ? TD_CHUNK_SHAPE_QUOTES
                                   : b == '/' || b == '\\' ? TD_CHUNK_SHAPE_SLASHES
                                                           : TD_CHUNK_SHAPE_OTHER_PUNCT;
            c->n[shape] += 1;
        }
    }
    c->bytes += line.n;
    if (c->lines == 1)
        c->first_commas = commas;
    c->n[TD_CHUNK_SHAPE_LINE_COMMAS] += commas >= 2 && commas == c->first_commas;
    c->n[TD_CHUNK_SHAPE_LINE_PIPES] += pipes >= 2;
}

/* "2024-01-31 ...", "[12:00:01] ...", "Jan 31 12:00:01 ...". */
static bool is_stamped(td_str line)
{
    size_t n_digits = 0, n_marks = 0;
    for (size_t i = 0; i < line.n && i < 24; i++) {
        n_digits += is_digit(line.ptr[i]);
        n_marks += line.ptr[i] == ':' || line.ptr[i] == '-' || line.ptr[i] == '/';
    }
    return n_digits >= 6 && n_marks >= 2;
}

static void count_ends(counter *c, td_str line)
{
    char last = line.ptr[line.n - 1];
    if (last == ';')
        ADD(c, END_SEMICOLON);
    else if (last == '{' || last == '(' || last == '[')
        ADD(c, END_OPEN);
    else if (last == '}' || last == ')' || last == ']')
        ADD(c, END_CLOSE);
    else if (last == ',')
        ADD(c, END_COMMA);
    else if (last == ':')
        ADD(c, END_COLON);
    else if (last == '.' || last == '!' || last == '?')
        ADD(c, END_STOP);
    else if (is_word(last) && !is_digit(last) && last != '_')
        ADD(c, END_LETTER);
}

static void count_starts(counter *c, td_str line)
{
    char first = line.ptr[0], second = line.n > 1 ? line.ptr[1] : ' ';
    if (first == '#')
        ADD(c, START_HASH);
    else if (first == '/' && (second == '/' || second == '*'))
        ADD(c, START_SLASH);
    else if (first == '*')
        ADD(c, START_STAR);
    else if (first == '-' && (second == ' ' || second == '-'))
        ADD(c, START_DASH);
    else if (first == '<')
        ADD(c, START_ANGLE);
    else if ((first == '$' || first == '>' || first == '%') && (second == ' ' || second == '>'))
        ADD(c, START_PROMPT);
    else if (first == '}' || first == ')' || first == ']')
        ADD(c, START_CLOSE);
    else if (is_upper(first))
        ADD(c, START_UPPER);
    else if (is_lower(first))
        ADD(c, START_LOWER);
    else if (is_digit(first))
        ADD(c, START_DIGIT);
    c->n[TD_CHUNK_SHAPE_START_DIFF] += (first == '+' || first == '-') && second != ' ';
    c->n[TD_CHUNK_SHAPE_START_STAMP] += is_stamped(line);
}

static void count_line(counter *c, td_str text, const td_chunk_line *at)
{
    td_str line = td_chunk_lines_body(text, at);
    c->lines++;
    size_t indent = at->indent - c->margin;
    if (indent == 0)
        ADD(c, INDENT_NONE);
    else if (text.ptr[at->start] == '\t')
        ADD(c, INDENT_TAB);
    else if (indent % 4 == 0)
        ADD(c, INDENT_FOUR);
    else if (indent % 2 == 0)
        ADD(c, INDENT_TWO);
    c->n[TD_CHUNK_SHAPE_LINE_SHORT] += line.n < 20;
    c->n[TD_CHUNK_SHAPE_LINE_LONG] += line.n > 100;
    c->n[TD_CHUNK_SHAPE_LINE_HUGE] += line.n > 400;
    count_ends(c, line);
    count_starts(c, line);
    count_bytes(c, line);
    count_tokens(c, line);
}

static size_t margin_of(td_str sample, size_t start)
{
    size_t margin = SIZE_MAX;
    for (size_t at = start; at < sample.n;) {
        td_chunk_line line = td_chunk_lines_at(sample, at);
        if (!td_chunk_lines_is_blank(&line) && line.indent < margin)
            margin = line.indent;
        at = line.end;
    }
    return margin;
}

static void count_sample(counter *c, td_str text, size_t start, size_t end)
{
    td_str sample = td_str_slice(text, 0, end);
    c->margin = margin_of(sample, start);
    for (size_t at = start; at < sample.n;) {
        td_chunk_line line = td_chunk_lines_at(sample, at);
        if (!td_chunk_lines_is_blank(&line))
            count_line(c, sample, &line);
        at = line.end;
    }
}

/* What a count is a share of. */
static float whole_of(const counter *c, size_t shape)
{
    size_t whole = shape < TD_CHUNK_SHAPE_LETTERS        ? c->lines
                   : shape < TD_CHUNK_SHAPE_STOP_ENGLISH ? c->bytes
                                                         : c->words;
    return whole > 0 ? (float)whole : 1;
}

void td_chunk_features_read(td_str text, td_chunk_features_each each, void *user,
                            float shapes_out[TD_CHUNK_N_SHAPES])
{
    size_t n = TD_CHUNK_FEATURES_SAMPLE_BYTES;
    counter c = {.each = each, .user = user};
    if (text.n <= 3 * n) {
        count_sample(&c, text, 0, text.n);
    } else {
        count_sample(&c, text, 0, n);
        count_sample(&c, text, text.n / 2, text.n / 2 + n);
        count_sample(&c, text, text.n - n, text.n);
    }
    for (size_t i = 0; i < TD_CHUNK_N_SHAPES; i++)
        shapes_out[i] = c.n[i] / whole_of(&c, i);
}
