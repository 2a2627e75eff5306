/* watched.h — a file that somebody else may change: by name, so that a rename over
 * it, another mount or a link elsewhere is a change, too. Thread: owner.     */
#ifndef ATLAX_RELAY_WATCHED_H
#define ATLAX_RELAY_WATCHED_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

struct watched_stamp {
	bool there;
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed;
};

struct watched {
	char path[4096];
	struct watched_stamp read, seen;
};

/* What is there now counts as read: call it before the file is read, so that what
 * changes meanwhile is noticed.                                              */
void watched_mark(struct watched *w, const char *path);
/* Is there something else than what was read? */
bool watched_is_other(const struct watched *w);
/* The same, and since the last look: whoever writes into it has finished. To be
 * asked regularly.                                                           */
bool watched_look(struct watched *w);

#endif
