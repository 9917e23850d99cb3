#include "source/binary.h"

/* Not here, because text may end so: .bin of scripts, .dat, .lib, .obj, .svg, .ts. Their bytes
 * decide. */
static const char *const suffixes[] = {
    /* images */
    "png",
    "jpg",
    "jpeg",
    "gif",
    "bmp",
    "ico",
    "webp",
    "tif",
    "tiff",
    "avif",
    "heic",
    "heif",
    "psd",
    "xcf",
    "jp2",
    "jxl",
    /* recordings */
    "mp3",
    "mp4",
    "m4a",
    "m4v",
    "ogg",
    "oga",
    "ogv",
    "opus",
    "flac",
    "wav",
    "avi",
    "mkv",
    "mov",
    "webm",
    "wmv",
    "wma",
    "aac",
    "mpg",
    "mpeg",
    "swf",
    "flv",
    /* archives */
    "zip",
    "tgz",
    "bz2",
    "tbz",
    "xz",
    "txz",
    "zst",
    "7z",
    "rar",
    "tar",
    "jar",
    "war",
    "ear",
    "lz",
    "lz4",
    "lzma",
    "cab",
    "deb",
    "rpm",
    "dmg",
    "iso",
    "img",
    "apk",
    "ipa",
    "whl",
    "egg",
    "crx",
    "xpi",
    "pkg",
    "msi",
    /* fonts */
    "ttf",
    "otf",
    "woff",
    "woff2",
    "eot",
    /* programs */
    "exe",
    "dll",
    "so",
    "dylib",
    "a",
    "o",
    "class",
    "pyc",
    "pyo",
    "wasm",
    "pdb",
    "ko",
    /* office */
    "doc",
    "docx",
    "xls",
    "xlsx",
    "ppt",
    "pptx",
    "odt",
    "ods",
    "odp",
    "epub",
    "mobi",
    "djvu",
    /* data */
    "db",
    "sqlite",
    "sqlite3",
    "mdb",
    "npy",
    "npz",
    "safetensors",
    "onnx",
    "pt",
    "pth",
    "h5",
    "hdf5",
    "parquet",
    "arrow",
    "gguf",
    "pkl",
    "mo",
    "gmo",
};

bool td_source_binary_name(td_str name)
{
    size_t slash = td_str_find_last_byte(name, '/');
    td_str last = slash == TD_STR_NONE ? name : td_str_slice(name, slash + 1, name.n);
    size_t dot = td_str_find_last_byte(last, '.');

    /* ".so" alone is a hidden file, not a library. */
    if (dot == TD_STR_NONE || dot == 0)
        return false;
    td_str suffix = td_str_slice(last, dot + 1, last.n);
    /* A compressed text ("printf.3.gz") is read; a compressed archive is not. */
    if (td_str_eq_nocase(suffix, TD_STR("gz")))
        return td_source_binary_name(td_str_slice(last, 0, dot));
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
        if (td_str_eq_nocase(suffix, td_str_from(suffixes[i])))
            return true;
    return false;
}

/* Formats whose first 8 KiB may be free of NULs. */
static bool has_magic(td_str head)
{
    static const td_str magics[] = {
        {"\x89PNG\r\n", 6},
        {"\xff\xd8\xff", 3},
        {"GIF8", 4},
        {"PK\x03\x04", 4},
        {"BZh", 3},
        {"\xfd"
         "7zXZ",
         5},
        {"7z\xbc\xaf", 4},
        {"Rar!\x1a", 5},
        {"\x28\xb5\x2f\xfd", 4},
        {"OggS", 4},
        {"ID3\x03", 4},
        {"ID3\x04", 4},
        {"fLaC", 4},
        {"\x7f"
         "ELF",
         4},
        {"wOFF", 4},
        {"wOF2", 4},
        {"SQLite format 3", 15},
        {"\xca\xfe\xba\xbe", 4},
        {"\xfe\xed\xfa", 3},
        {"\xcf\xfa\xed\xfe", 4},
    };

    for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
        if (td_str_starts(head, magics[i]))
            return true;
    return false;
}

const char *td_source_binary_bytes(td_str head)
{
    head = td_str_slice(head, 0, TD_SOURCE_BINARY_HEAD_BYTES);
    /* UTF-16 and compressed text hold NULs and are text all the same, and a PDF may have some;
     * extract looks inside. */
    if (td_str_starts(head, TD_STR("\xff\xfe")) || td_str_starts(head, TD_STR("\xfe\xff")) ||
        td_str_starts(head, TD_STR("\x1f\x8b")) || td_str_starts(head, TD_STR("%PDF-")))
        return NULL;
    if (has_magic(head) || td_str_find_byte(head, '\0', 0) != TD_STR_NONE)
        return "binary file";
    return NULL;
}

bool td_source_binary_is_pdf_type(td_str media_type)
{
    return td_str_eq(media_type, TD_STR("application/pdf")) ||
           td_str_eq(media_type, TD_STR("application/x-pdf"));
}

bool td_source_binary_is_text_type(td_str media_type)
{
    static const char *const text[] = {
        "application/xhtml+xml",     "application/xml",        "application/json",
        "application/javascript",    "application/ecmascript", "application/x-javascript",
        "application/typescript",    "application/x-sh",       "application/x-python",
        "application/x-python-code", "application/sql",        "application/toml",
        "application/yaml",          "application/x-yaml",     "application/x-ipynb+json",
        "application/x-ndjson",      "application/markdown",   "application/x-tex",
        "application/x-httpd-php",   "application/graphql",    "application/x-perl",
        "application/x-ruby",        "application/x-csh",
    };

    if (media_type.n == 0 || td_source_binary_is_pdf_type(media_type) ||
        td_str_starts(media_type, TD_STR("text/")) || td_str_ends(media_type, TD_STR("+xml")) ||
        td_str_ends(media_type, TD_STR("+json")))
        return !td_str_starts(media_type, TD_STR("image/"));
    for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++)
        if (td_str_eq(media_type, td_str_from(text[i])))
            return true;
    return false;
}
