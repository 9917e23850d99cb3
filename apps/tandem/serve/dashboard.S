/* serve/dashboard.S - the files of dashboard/, as they are served.
 *
 * SECTION and NAME come from the build: object formats differ in both. Each file ends where the
 * next one begins. */
    SECTION
    .globl NAME(serve_dashboard_api), NAME(serve_dashboard_app), NAME(serve_dashboard_dom)
    .globl NAME(serve_dashboard_icon), NAME(serve_dashboard_index), NAME(serve_dashboard_jobs)
    .globl NAME(serve_dashboard_run), NAME(serve_dashboard_runs), NAME(serve_dashboard_search)
    .globl NAME(serve_dashboard_store), NAME(serve_dashboard_style), NAME(serve_dashboard_theme)
    .globl NAME(serve_dashboard_timeline), NAME(serve_dashboard_end)
NAME(serve_dashboard_api):
    .incbin "api.js"
NAME(serve_dashboard_app):
    .incbin "app.js"
NAME(serve_dashboard_dom):
    .incbin "dom.js"
NAME(serve_dashboard_icon):
    .incbin "icon.svg"
NAME(serve_dashboard_index):
    .incbin "index.html"
NAME(serve_dashboard_jobs):
    .incbin "jobs.js"
NAME(serve_dashboard_run):
    .incbin "run.js"
NAME(serve_dashboard_runs):
    .incbin "runs.js"
NAME(serve_dashboard_search):
    .incbin "search.js"
NAME(serve_dashboard_store):
    .incbin "store.js"
NAME(serve_dashboard_style):
    .incbin "style.css"
NAME(serve_dashboard_theme):
    .incbin "theme.js"
NAME(serve_dashboard_timeline):
    .incbin "timeline.js"
NAME(serve_dashboard_end):
    .byte 0

#if defined(__ELF__)
    .section .note.GNU-stack, "", %progbits
#endif
