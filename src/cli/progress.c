/* A bar on a terminal, see cli.h. */
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/cli.h"

#define SILENT_MS 1000
#define REDRAW_MS 100
#define WIDTH	  40

void
progress_begin(struct progress *p, const char *what, size_t total)
{
	p->what = what;
	p->total = total;
	p->begin = p->shown = clock_ticks();
	p->drawn = false;
}

void
progress_step(struct progress *p, size_t done)
{
	int64_t now = clock_ticks();
	size_t filled, i;
	char bar[WIDTH + 1];

	if (now - p->begin < SILENT_MS || now - p->shown < REDRAW_MS ||
	    p->total == 0 || !isatty(STDERR_FILENO))
		return;
	filled = done * WIDTH / p->total;
	for (i = 0; i < WIDTH; i++)
		bar[i] = i < filled ? '#' : '.';
	bar[WIDTH] = '\0';
	fprintf(stderr, "\r%s [%s] %zu/%zu, %.0f/s ", p->what, bar, done,
	    p->total, 1000.0 * (double)done / (double)(now - p->begin));
	p->shown = now;
	p->drawn = true;
}

void
progress_end(struct progress *p)
{
	if (p->drawn)
		fprintf(stderr, "\r\033[K");
}
