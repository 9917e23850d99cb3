#include "chunk/symbols.h"
#include "split.h"

static void assert_symbol(const char *language, const char *line, const char *expected)
{
    assert_str(td_chunk_symbols_of(td_str_from(line), td_str_from(language), true), expected);
}

static void finds_declared_names(void **state)
{
    (void)state;
    static const char *const lines[][3] = {
        {"c", "static int count_lines(FILE *file)", "count_lines"},
        {"c", "main (int argc, char **argv)", "main"},
        {"c", "struct point {", "point"},
        {"c", "typedef struct td_page {", "td_page"},
        {"cpp", "template <typename T> void Set<T>::add(const T &x) {", "add"},
        {"cpp", "void Parser::read_line() const {", "Parser::read_line"},
        {"cpp", "class Reader final : public Base {", "Reader"},
        {"python", "async def fetch(self):", "fetch"},
        {"python", "class Parser(Base):", "Parser"},
        {"javascript", "export default class View extends Base {", "View"},
        {"javascript", "const load = async (path) => {", "load"},
        {"javascript", "exports.load = function (path) {", "exports.load"},
        {"javascript", "render(props) {", "render"},
        {"typescript", "export interface Options {", "Options"},
        {"go", "func (r *Reader) ReadLine() (string, error) {", "ReadLine"},
        {"go", "type Reader struct {", "Reader"},
        {"rust", "pub(crate) async fn run<T>(x: T) -> u8 {", "run"},
        {"rust", "impl<T> fmt::Display for Set<T> {", "Set"},
        {"java", "public static <T> List<T> listOf(T a) throws E {", "listOf"},
        {"kotlin", "suspend fun load(path: String): String {", "load"},
        {"ruby", "def self.open(path)", "self.open"},
        {"php", "public function lines(): array", "lines"},
        {"perl", "sub read_lines {", "read_lines"},
        {"lua", "local function split(s)", "split"},
        {"lua", "function M.split(s)", "M.split"},
        {"shell", "usage() {", "usage"},
        {"sql", "CREATE TABLE IF NOT EXISTS app.pages (", "app.pages"},
        {"toml", "[dependencies]", "dependencies"},
        {"lisp", "(defun read-lines (path)", "read-lines"},
        {"r", "area <- function(r) {", "area"},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_symbol(lines[i][0], lines[i][1], lines[i][2]);
}

static void finds_none_where_nothing_is_declared(void **state)
{
    (void)state;
    static const char *const lines[][2] = {
        {"c", "return f(a);"},        {"c", "if (a) {"},
        {"c", "int f(int a);"},       {"c", "struct point *p = &q;"},
        {"c", "else if (f(a)) {"},    {"c", "#define F(a) (a)"},
        {"javascript", "foo(a, b);"}, {"javascript", "while (a) {"},
        {"python", "print(a)"},       {"python", "type(a)"},
        {"json", "\"class\": {"},     {"yaml", "function: a"},
        {"java", "return new A() {"}, {"markdown", "class of 1984"},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_symbol(lines[i][0], lines[i][1], "");
}

static void cuts_endless_lines_at_a_character(void **state)
{
    (void)state;
    char *line = repeated("\xE6\xBC\xA2", 500);
    td_str name = td_chunk_symbols_of(td_str_from(line), TD_STR("c"), true);
    assert_int_equal(td_utf8_valid_n(name), name.n);
    free(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_declared_names),
        cmocka_unit_test(finds_none_where_nothing_is_declared),
        cmocka_unit_test(cuts_endless_lines_at_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
