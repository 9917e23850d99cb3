/* bar.h - how a job comes along: two lanes redrawn on a terminal, plain lines elsewhere. */
#ifndef BAR_H
#define BAR_H

#include "tandem/tandem.h"

typedef struct bar {
    bool lanes;        /* draw the two lanes (a job that embeds) */
    int n_drawn;       /* lines on the screen */
    double next_plain; /* seconds: when the next plain line is due */
} bar;

void bar_draw(bar *b, const tandem_progress *progress);

/* Takes the drawn lines away. */
void bar_clear(bar *b);

#endif
