/* load.c — from the name of a file to a checked configuration.
 *
 * Thread: any. The two programs differ in type and checks only; the way is the
 * same: read, tree, fill, check.                                             */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "conf/parse.h"

#define FILE_MAX ((size_t)4 << 20) /* a mistaken path may name anything */

static int
read_all(FILE *f, const char *path, struct buf *out, struct err *e)
{
	uint8_t *p;
	size_t n;

	do {
		p = buf_reserve(out, 8192);
		if (p == NULL)
			return err_set(e, AX_E_NOMEM, "%s: out of memory", path);
		n = fread(p, 1, 8192, f);
		buf_commit(out, n);
		if (buf_len(out) > FILE_MAX)
			return err_set(e, AX_E_CONFIG,
			    "%s: larger than 4 MiB; this is not a configuration", path);
	} while (n > 0);
	return ferror(f) ? err_sys(e, "cannot read %s", path) : 0;
}

static int
read_file(const char *path, struct buf *out, struct err *e)
{
	FILE *f = fopen(path, "re");
	int r;

	if (f == NULL)
		return err_sys(e, "cannot open the configuration %s", path);
	r = read_all(f, path, out, e);
	(void)fclose(f);
	return r;
}

/* The directory of the file, absolute. Fails: AX_E_SYS, AX_E_NOMEM. */
static int
directory(const char *path, char **out, struct err *e)
{
	const char *slash = strrchr(path, '/');
	int n = slash == NULL ? 0 : (int)(slash - path);
	char *cwd;

	if (path[0] == '/') {
		*out = strndup(path, n == 0 ? 1 : (size_t)n);
	} else {
		cwd = getcwd(NULL, 0);
		if (cwd == NULL)
			return err_sys(e, "cannot find the current directory");
		if (asprintf(out, "%s%s%.*s", cwd, n > 0 ? "/" : "", n, path) < 0)
			*out = NULL;
		free(cwd);
	}
	if (*out == NULL)
		return err_set(e, AX_E_NOMEM, "%s: out of memory", path);
	return 0;
}

static int
fill(struct conf_source *s, struct slice text, void *base, char **file, struct err *e)
{
	struct node *root = NULL;
	int r;

	*file = strdup(s->name);
	if (*file == NULL)
		return err_set(e, AX_E_NOMEM, "%s: out of memory", s->name);
	r = tree_read(s->name, text, &root, e);
	if (r == 0)
		r = conf_fill(s, root, base, e);
	tree_free(&root);
	return r;
}

int
conf_relay_parse(const char *name, const char *dir, struct slice text,
    struct conf_relay **out, struct err *e)
{
	struct conf_source s = { .name = name, .dir = dir, .schema = &schema_relay };
	struct conf_relay *c = calloc(1, sizeof(*c));
	int r;

	if (c == NULL)
		return err_set(e, AX_E_NOMEM, "%s: out of memory", name);
	r = fill(&s, text, c, &c->file, e);
	if (r == 0)
		r = conf_relay_check(&s, c, e);
	free(s.places);
	if (r < 0)
		conf_relay_free(&c);
	else
		*out = c;
	return r;
}

int
conf_agent_parse(const char *name, const char *dir, struct slice text,
    struct conf_agent **out, struct err *e)
{
	struct conf_source s = { .name = name, .dir = dir, .schema = &schema_agent };
	struct conf_agent *c = calloc(1, sizeof(*c));
	int r;

	if (c == NULL)
		return err_set(e, AX_E_NOMEM, "%s: out of memory", name);
	r = fill(&s, text, c, &c->file, e);
	if (r == 0)
		r = conf_agent_check(&s, c, e);
	free(s.places);
	if (r < 0)
		conf_agent_free(&c);
	else
		*out = c;
	return r;
}

struct file {
	struct buf text;
	char *dir;
};

static int
file_read(struct file *f, const char *path, struct err *e)
{
	int r;

	*f = (struct file){ .dir = NULL };
	buf_init(&f->text);
	r = read_file(path, &f->text, e);
	return r < 0 ? r : directory(path, &f->dir, e);
}

static void
file_fini(struct file *f)
{
	buf_fini(&f->text);
	free(f->dir);
}

int
conf_relay_load(const char *path, struct conf_relay **out, struct err *e)
{
	struct file f;
	int r = file_read(&f, path, e);

	if (r == 0)
		r = conf_relay_parse(path, f.dir, buf_slice(&f.text), out, e);
	file_fini(&f);
	return r;
}

int
conf_agent_load(const char *path, struct conf_agent **out, struct err *e)
{
	struct file f;
	int r = file_read(&f, path, e);

	if (r == 0)
		r = conf_agent_parse(path, f.dir, buf_slice(&f.text), out, e);
	file_fini(&f);
	return r;
}

int
conf_remote_load(const char *path, struct conf_remote **out, struct err *e)
{
	struct conf_remote *c = calloc(1, sizeof(*c));
	struct conf_source s = { .name = path, .schema = &schema_remote };
	struct file f;
	int r;

	if (c == NULL)
		return err_set(e, AX_E_NOMEM, "%s: out of memory", path);
	r = file_read(&f, path, e);
	s.dir = f.dir;
	if (r == 0)
		r = fill(&s, buf_slice(&f.text), c, &c->file, e);
	free(s.places);
	file_fini(&f);
	if (r < 0)
		conf_remote_free(&c);
	else
		*out = c;
	return r;
}

void
conf_remote_free(struct conf_remote **c)
{
	if (*c == NULL)
		return;
	conf_wipe(&schema_remote, "", *c);
	free((*c)->file);
	free(*c);
	*c = NULL;
}

void
conf_relay_free(struct conf_relay **c)
{
	if (*c == NULL)
		return;
	conf_wipe(&schema_relay, "", *c);
	free((*c)->file);
	free(*c);
	*c = NULL;
}

void
conf_agent_free(struct conf_agent **c)
{
	if (*c == NULL)
		return;
	conf_wipe(&schema_agent, "", *c);
	free((*c)->file);
	free(*c);
	*c = NULL;
}

uint16_t
conf_resume_s(const struct conf_tunnel *c)
{
	return (uint16_t)((c->resume_ms + 999) / 1000);
}
