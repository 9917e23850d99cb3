#include "support.h"

static void check(const char *path, const char *line, const char *expected)
{
    assert_str(td_extract_code_language(td_str_from(path), td_str_from(line)), expected);
}

static void knows_languages_by_the_ending_of_the_name(void **state)
{
    static const char *const CASES[][2] = {
        {"a.c", "c"},
        {"a.h", "c"},
        {"a.cc", "cpp"},
        {"a.C", "cpp"},
        {"a.hpp", "cpp"},
        {"a.py", "python"},
        {"a.pyi", "python"},
        {"a.js", "javascript"},
        {"a.tsx", "typescript"},
        {"a.go", "go"},
        {"src/main.rs", "rust"},
        {"A.java", "java"},
        {"a.rb", "ruby"},
        {"a.php", "php"},
        {"a.cs", "csharp"},
        {"a.sh", "shell"},
        {"a.sql", "sql"},
        {"a.css", "css"},
        {"a.json", "json"},
        {"a.yml", "yaml"},
        {"a.toml", "toml"},
        {"a.mk", "make"},
        {"a.cmake", "cmake"},
        {"a.lua", "lua"},
        {"a.pl", "perl"},
        {"a.R", "r"},
        {"a.swift", "swift"},
        {"a.kt", "kotlin"},
        {"a.scala", "scala"},
        {"a.hs", "haskell"},
        {"a.ex", "elixir"},
        {"a.erl", "erlang"},
        {"a.clj", "clojure"},
        {"a.el", "lisp"},
        {"a.ml", "ocaml"},
        {"a.zig", "zig"},
        {"a.nim", "nim"},
        {"a.jl", "julia"},
        {"a.tf", "hcl"},
        {"a.proto", "protobuf"},
        {"a.ini", "ini"},
        {"a.xml", "xml"},
        {"a.vue", "vue"},
        {"a.ps1", "powershell"},
        {"a.bat", "batch"},
        {"a.tex", "tex"},
        {"a.f90", "fortran"},
        {"a.vhd", "vhdl"},
        {"config.h.in", "c"},
        {"nginx.conf", "nginx"},
        {"a.conf", "ini"},
        {"a.diff", "diff"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++)
        check(CASES[i][0], "", CASES[i][1]);
}

static void knows_files_that_have_names_of_their_own(void **state)
{
    (void)state;
    check("src/Makefile", "", "make");
    check("CMakeLists.txt", "", "cmake");
    check("docker/Dockerfile.dev", "", "dockerfile");
    check("Jenkinsfile", "", "groovy");
    check("Cargo.lock", "", "toml");
    check(".bashrc", "", "shell");
}

static void reads_the_first_line_where_the_name_is_silent(void **state)
{
    (void)state;
    check("run", "#!/bin/sh", "shell");
    check("run", "#!/usr/bin/env python3.11", "python");
    check("run", "#!/usr/bin/env -S PYTHONPATH=. python3 -u", "python");
    check("run", "#! /usr/local/bin/perl -w", "perl");
    check("vector", "// -*- C++ -*-", "cpp");
    check("x", "# -*- mode: ruby; coding: utf-8 -*-", "ruby");
    check("x", "<?xml version=\"1.0\"?>", "xml");
    check("de.ts", "<?xml version=\"1.0\"?>", "xml");
}

static void says_nothing_of_prose(void **state)
{
    (void)state;
    check("README", "Tandem", "");
    check("notes.txt", "some words", "");
    check("LICENSE", "", "");
    check("x", "#!", "");
    check("", "", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_languages_by_the_ending_of_the_name),
        cmocka_unit_test(knows_files_that_have_names_of_their_own),
        cmocka_unit_test(reads_the_first_line_where_the_name_is_silent),
        cmocka_unit_test(says_nothing_of_prose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
