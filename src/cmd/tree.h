/* tree.h — everything below a directory, in the order of names, a directory before
 * what is in it. No symbolic link is followed. Thread: the only one.         */
#ifndef ATLAX_CMD_TREE_H
#define ATLAX_CMD_TREE_H

#include <sys/stat.h>

#include "base/err.h"

#define TREE_NAME_MAX 4096
#define TREE_ITEMS_MAX 4096
#define TREE_DEPTH_MAX 8

/* Borrowed until the call returns. */
struct tree_item {
	const char *name; /* below the directory that is walked; empty: itself */
	int dir;	  /* where it is */
	const char *base; /* and how it is called there */
	const struct stat *st;
};
/* 0, or what tree_walk is to fail with. */
typedef int tree_visit(void *arg, const struct tree_item *item, struct err *e);

/* What an atlax that was killed has left half-written is passed over.
 * Fails: AX_E_SYS, AX_E_NOMEM, AX_E_LIMIT (too many, too deep), what visit does. */
AX_CHECKED int tree_walk(const char *path, tree_visit *visit, void *arg, struct err *e);

#endif
