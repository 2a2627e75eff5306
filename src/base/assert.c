/* assert.c — the end of a process that found itself broken.
 *
 * Thread: any. Uses no memory of ours, because ours may be what is broken.
 * Invariant: ax_panic does not return and always leaves its line on standard
 * error before the core is written.                                          */
#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void
ax_panic(const char *file, int line, const char *func, const char *what)
{
	char text[512];
	int n;

	/* One write, not stdio: lines of two threads must not mix, and a lock
	 * on stderr may be held by the code that broke. */
	n = snprintf(text, sizeof(text), "%s:%d: %s: %s\n", file, line, func,
	    what);
	if (n >= (int)sizeof(text)) {
		n = sizeof(text) - 1;
		text[n - 1] = '\n';
	}
	if (n > 0 && write(STDERR_FILENO, text, (size_t)n) < 0)
		abort(); /* nowhere to say it; the core has to do */
	abort();
}
