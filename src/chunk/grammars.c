#include "chunk/grammars.h"

#if TANDEM_HAVE_TREE_SITTER

typedef const struct TSLanguage *grammar(void);
grammar tree_sitter_bash, tree_sitter_c, tree_sitter_c_sharp, tree_sitter_cpp, tree_sitter_css,
    tree_sitter_go, tree_sitter_html, tree_sitter_java, tree_sitter_javascript, tree_sitter_json,
    tree_sitter_php, tree_sitter_php_only, tree_sitter_python, tree_sitter_ruby, tree_sitter_rust,
    tree_sitter_sql, tree_sitter_tsx, tree_sitter_typescript, tree_sitter_yaml;

static const char c[] = " function_definition struct_specifier union_specifier enum_specifier "
                        "type_definition preproc_function_def ";
static const char cpp[] = " function_definition struct_specifier union_specifier enum_specifier "
                          "type_definition preproc_function_def class_specifier alias_declaration "
                          "namespace_definition template_declaration concept_definition ";
static const char script[] =
    " function_declaration generator_function_declaration class_declaration method_definition "
    "abstract_class_declaration interface_declaration enum_declaration type_alias_declaration "
    "internal_module module method_signature abstract_method_signature export_statement "
    "ambient_declaration lexical_declaration variable_declaration expression_statement pair "
    "field_definition public_field_definition ";
static const char php[] =
    " function_definition class_declaration interface_declaration trait_declaration "
    "enum_declaration method_declaration namespace_definition ";

static const td_chunk_grammar table[] = {
    {"c", tree_sitter_c, c, "cpp"}, /* a .h may be either */
    {"cpp", tree_sitter_cpp, cpp, NULL},
    {"csharp", tree_sitter_c_sharp,
     " namespace_declaration class_declaration struct_declaration interface_declaration "
     "enum_declaration record_declaration method_declaration constructor_declaration "
     "property_declaration local_function_statement delegate_declaration destructor_declaration ",
     NULL},
    {"css", tree_sitter_css, NULL, NULL},
    {"go", tree_sitter_go, " function_declaration method_declaration type_declaration type_spec ",
     NULL},
    {"html", tree_sitter_html, NULL, NULL},
    {"java", tree_sitter_java,
     " class_declaration interface_declaration enum_declaration record_declaration "
     "annotation_type_declaration method_declaration constructor_declaration "
     "compact_constructor_declaration ",
     NULL},
    {"javascript", tree_sitter_javascript, script, NULL},
    {"json", tree_sitter_json, " pair ", NULL},
    {"php", tree_sitter_php, php, NULL},
    {"php-only", tree_sitter_php_only, php, NULL}, /* without "<?php", as in documentation */
    {"python", tree_sitter_python, " function_definition class_definition decorated_definition ",
     NULL},
    {"ruby", tree_sitter_ruby, " method singleton_method class module singleton_class ", NULL},
    {"rust", tree_sitter_rust,
     " function_item struct_item enum_item union_item trait_item impl_item mod_item "
     "macro_definition function_signature_item ",
     NULL},
    {"shell", tree_sitter_bash, " function_definition ", NULL},
    {"sql", tree_sitter_sql, NULL, NULL},
    {"tsx", tree_sitter_tsx, script, NULL},
    {"typescript", tree_sitter_typescript, script, "tsx"},
    {"yaml", tree_sitter_yaml, " block_mapping_pair ", NULL},
};

const td_chunk_grammar *td_chunk_grammars_find(td_str language)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (td_str_eq(language, td_str_from(table[i].language)))
            return &table[i];
    }
    return NULL;
}

#else

const td_chunk_grammar *td_chunk_grammars_find(td_str language)
{
    (void)language;
    return NULL;
}

#endif
