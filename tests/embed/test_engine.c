#include "embed/engine.h"
#include "embed/model_dir.h"

typedef struct opened {
    model_dir dir;
    dir_files list;
} opened;

static void open_dir(opened *o, const char *name)
{
    *o = (opened){0};
    dir_open(&o->dir, name);
    dir_list(&o->dir, &o->list);
}

static td_engine_options on(const char *isa)
{
    td_engine_options options = {0};
    assert_int_equal(td_embed_kernels_choose(isa, &options.kernels, NULL), TANDEM_OK);
    return options;
}

static td_engine *take_or_fail(opened *o, const char *isa)
{
    td_engine *engine = NULL;
    td_engine_options options = on(isa);
    assert_int_equal(td_embed_engine_take(&o->list.files, &options, &engine, NULL), TANDEM_OK);
    return engine;
}

static void the_same_files_and_options_are_loaded_once(void **state)
{
    (void)state;
    opened bert, nomic;
    open_dir(&bert, "bert");
    open_dir(&nomic, "nomic");
    td_engine *a = take_or_fail(&bert, "plain"), *b = take_or_fail(&bert, "plain");
    td_engine *best = take_or_fail(&bert, NULL), *other = take_or_fail(&nomic, "plain");
    assert_ptr_equal(a, b);
    assert_ptr_not_equal(a, other);
    assert_int_equal(a == best, a->kernels == best->kernels);
    td_embed_engine_give_back(a);
    td_embed_engine_give_back(best);
    assert_int_equal(td_embed_model_info(b->model)->dim, 64); /* still there for its other user */
    td_embed_engine_give_back(b);
    td_embed_engine_give_back(other);
    td_embed_engine_give_back(NULL);
    dir_close(&bert.dir);
    dir_close(&nomic.dir);
}

static void a_refused_model_leaves_nothing_behind(void **state)
{
    (void)state;
    opened o;
    td_engine *engine = NULL;
    td_engine_options options = on("plain");
    tandem_error err = {0};
    *(&o) = (opened){0};
    dir_open(&o.dir, "bert");
    dir_put(&o.dir, "tokenizer.json", "{");
    dir_list(&o.dir, &o.list);
    for (int i = 0; i < 2; i++)
        assert_int_equal(td_embed_engine_take(&o.list.files, &options, &engine, &err),
                         TANDEM_E_FORMAT);
    assert_non_null(strstr(err.message, "tokenizer.json"));
    assert_null(engine);
    dir_close(&o.dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_files_and_options_are_loaded_once),
        cmocka_unit_test(a_refused_model_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
