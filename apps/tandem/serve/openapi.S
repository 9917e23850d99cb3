/* serve/openapi.S - docs/openapi.json, as it is served.
 *
 * SECTION and NAME come from the build: object formats differ in both. */
    SECTION
    .globl NAME(serve_openapi)
NAME(serve_openapi):
    .incbin "openapi.json"
    .globl NAME(serve_openapi_end)
NAME(serve_openapi_end):
    .byte 0

#if defined(__ELF__)
    .section .note.GNU-stack, "", %progbits
#endif
