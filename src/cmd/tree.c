/* tree.c — walking through directories.
 *
 * Thread: the only one. Invariant: name holds the name of what is looked at; each
 * level puts it back as it was.                                              */
#include "cmd/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pki/store.h"

struct walk {
	const char *path;
	tree_visit *visit;
	void *arg;
	size_t items;
	unsigned depth;
	char name[TREE_NAME_MAX];
};

struct names {
	char **v;
	size_t n;
};

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
names_free(struct names *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
}

static bool
is_passed_over(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    strncmp(name, STORE_TEMP_PREFIX, sizeof(STORE_TEMP_PREFIX) - 1) == 0;
}

/* fd is ours from here on. */
static int
names_read(struct walk *w, int fd, struct names *out, struct err *e)
{
	DIR *d = fdopendir(fd);
	const struct dirent *entry;
	char **v;

	if (d == NULL) {
		(void)close(fd);
		return err_sys(e, "%s/%s", w->path, w->name);
	}
	while ((errno = 0, entry = readdir(d)) != NULL) {
		if (is_passed_over(entry->d_name))
			continue;
		if (++w->items > TREE_ITEMS_MAX) {
			(void)closedir(d);
			return err_set(e, AX_E_LIMIT, "more than %d files are in %s: is it "
			    "the right directory?", TREE_ITEMS_MAX, w->path);
		}
		v = reallocarray(out->v, out->n + 1, sizeof(*v));
		if (v != NULL)
			out->v = v;
		if (v == NULL || (v[out->n] = strdup(entry->d_name)) == NULL) {
			(void)closedir(d);
			return err_set(e, AX_E_NOMEM, "out of memory");
		}
		out->n++;
	}
	if (errno != 0) {
		int r = err_sys(e, "%s/%s", w->path, w->name);

		(void)closedir(d);
		return r;
	}
	(void)closedir(d);
	if (out->n > 0)
		qsort(out->v, out->n, sizeof(*out->v), by_name);
	return 0;
}

static int visit_dir(struct walk *w, int dir, struct err *e);

static int
visit_one(struct walk *w, int dir, const char *base, struct err *e)
{
	struct stat st;
	struct tree_item item = { w->name, dir, base, &st };
	int fd, r;

	if (fstatat(dir, base, &st, AT_SYMLINK_NOFOLLOW) < 0)
		/* Gone meanwhile: who needs it sees that something has changed. */
		return errno == ENOENT ? 0 : err_sys(e, "%s/%s", w->path, w->name);
	r = w->visit(w->arg, &item, e);
	if (r < 0 || !S_ISDIR(st.st_mode))
		return r;
	if (w->depth == TREE_DEPTH_MAX)
		return err_set(e, AX_E_LIMIT, "%s/%s: too deep", w->path, w->name);
	fd = openat(dir, base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "%s/%s", w->path, w->name);
	w->depth++;
	r = visit_dir(w, fd, e);
	w->depth--;
	(void)close(fd);
	return r;
}

static int
visit_dir(struct walk *w, int dir, struct err *e)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t len = strlen(w->name);
	struct names l = { 0 };
	int r = fd < 0 ? err_sys(e, "%s/%s", w->path, w->name) :
			 names_read(w, fd, &l, e);

	for (size_t i = 0; r == 0 && i < l.n; i++) {
		if (snprintf(w->name + len, sizeof(w->name) - len, "%s%s",
			len > 0 ? "/" : "", l.v[i]) >= (int)(sizeof(w->name) - len))
			r = err_set(e, AX_E_LIMIT, "%s: too long a name", w->path);
		else
			r = visit_one(w, dir, l.v[i], e);
		w->name[len] = '\0';
	}
	names_free(&l);
	return r;
}

int
tree_walk(const char *path, tree_visit *visit, void *arg, struct err *e)
{
	struct walk w = { .path = path, .visit = visit, .arg = arg };
	struct store s;
	struct stat st;
	struct tree_item self = { "", -1, ".", &st };
	int r = store_open(path, &s, e);

	if (r < 0)
		return r;
	self.dir = s.fd;
	r = fstat(s.fd, &st) < 0 ? err_sys(e, "%s", path) : visit(arg, &self, e);
	if (r == 0)
		r = visit_dir(&w, s.fd, e);
	store_close(&s);
	return r;
}
