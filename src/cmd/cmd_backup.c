/* cmd_backup.c — atlax backup and atlax restore: all that a relay has on the disk.
 *
 * Thread: the only one.
 * Invariant: nothing that exists is changed or removed: a restored directory is made
 * beside the one in use, complete, and then the two change places.           */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "atlax/exit.h"
#include "base/clock.h"
#include "base/str.h"
#include "cmd/archive.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/doc.h"
#include "cmd/newer.h"
#include "cmd/options.h"
#include "cmd/place.h"
#include "conf/conf.h"
#include "pki/ca.h"

#define CONFIG "relay.yaml"
#define PLACE_STATE "/var/lib/atlax" /* the unit's StateDirectory= */

enum root { ETC, STATE, CA };

static const char *const root_names[ARCHIVE_ROOTS] = { "etc", "state", "ca" };

/* Where a relay with this configuration keeps its state. */
static void
find_state(const struct conf_relay *c, const char *dir, char out[4096])
{
	if (c->state != NULL)
		(void)snprintf(out, 4096, "%s", c->state);
	else if (place_is_usual(dir))
		(void)snprintf(out, 4096, PLACE_STATE);
	else
		(void)snprintf(out, 4096, "%s/state", dir);
}

static bool
is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

/* --- backup ------------------------------------------------------------------- */

#define BACKUP "atlax backup"

struct backup {
	const char *file, *config, *ca;
	bool partial, json, has_ca;
	struct store_parent dir; /* of the configuration */
	char state[4096];
	struct conf_relay *conf;
	struct archive_args args;
	struct archive_sum sum;
	struct buf names;
};

static void
left_out(void *arg, const char *name)
{
	(void)arg;
	fprintf(stderr, BACKUP ": left out, no file: %s\n", name);
}

static int
find_roots(struct backup *b, struct err *e)
{
	struct archive_root *root = b->args.root;

	find_state(b->conf, b->dir.path, b->state);
	for (size_t i = 0; i < ARCHIVE_ROOTS; i++)
		root[i].name = root_names[i];
	root[ETC].path = b->dir.path;
	if (!is_below(b->state, b->dir.path))
		root[STATE].path = b->state;
	if (root[STATE].path != NULL && is_below(b->dir.path, b->state))
		return err_set(e, AX_E_CONFIG, "the configuration is in the state directory "
		    "%s: they are to be apart", b->state);
	if (b->ca != NULL && !is_below(b->ca, b->dir.path))
		root[CA].path = b->ca;
	return 0;
}

/* Is a file that the configuration names in it? */
static bool
has(const struct backup *b, const char *path)
{
	char line[4200];
	size_t n;

	for (size_t i = 0; i < ARCHIVE_ROOTS; i++) {
		const struct archive_root *root = &b->args.root[i];

		if (root->path == NULL || !is_below(path, root->path))
			continue;
		n = (size_t)snprintf(line, sizeof(line), "\n%s%s\n", root->name,
		    path + strlen(root->path));
		if (n < sizeof(line) && memmem(buf_slice(&b->names).p,
			buf_len(&b->names), line, n) != NULL)
			return true;
	}
	return false;
}

static int
check_named(const struct backup *b, struct err *e)
{
	const struct conf_relay *c = b->conf;
	const char *const named[][2] = { { "tls.certificate", c->certificate },
		{ "tls.key", c->key }, { "tls.agent_ca", c->agent_ca },
		{ "tls.crl", c->crl }, { "audit.file", c->audit_file },
		{ "admin.remote.operator_ca",
		    c->operators.listen == NULL ? NULL : c->operators.ca },
		{ "admin.remote.crl",
		    c->operators.listen == NULL ? NULL : c->operators.crl },
		{ "enrol.relay_ca",
		    c->enrol.listen == NULL ? NULL : c->enrol.relay_ca } };

	for (size_t i = 0; i < ARRAY_LEN(named); i++) {
		if (named[i][1] == NULL || has(b, named[i][1]))
			continue;
		if (!b->partial)
			return err_set(e, AX_E_CONFIG, "%s is %.100s, which is no file in "
			    "%.50s: put it there, or give --partial", named[i][0],
			    named[i][1], b->dir.path);
		fprintf(stderr, BACKUP ": not in it: %s, %s\n", named[i][0], named[i][1]);
	}
	return 0;
}

/* The CA's lock, so that nothing is signed meanwhile; -1: there is no CA. */
static int
lock_ca(const struct backup *b, int *lock, struct err *e)
{
	char path[4200];
	struct store ca;
	int r;

	(void)snprintf(path, sizeof(path), "%s/ca", b->dir.path);
	r = store_open(b->ca != NULL ? b->ca : path, &ca, e);
	if (r < 0)
		return r == AX_E_NOTFOUND && b->ca == NULL ? 0 : r;
	if (store_has(&ca, CA_DB_NAME))
		r = store_lock(&ca, lock, e);
	store_close(&ca);
	return r;
}

static int
write_file(struct backup *b, struct err *e)
{
	int fd = open(b->file, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int lock = -1, r;

	if (fd < 0)
		return err_sys(e, "cannot make %s", b->file);
	if (buf_append(&b->names, "\n", 1) < 0)
		r = err_set(e, AX_E_NOMEM, "out of memory");
	else
		r = lock_ca(b, &lock, e);
	if (r == 0)
		r = archive_write(fd, &b->args, &b->sum, &b->names, e);
	store_unlock(&lock);
	if (r == 0)
		r = check_named(b, e);
	if (r == 0 && fsync(fd) < 0)
		r = err_sys(e, "cannot write %s", b->file);
	if (close(fd) < 0 && r == 0)
		r = err_sys(e, "cannot write %s", b->file);
	if (r < 0)
		(void)unlink(b->file);
	return r;
}

static int
backup(struct backup *b, struct err *e)
{
	int r = conf_relay_load(b->config, &b->conf, e);

	b->dir.store.fd = -1;
	buf_init(&b->names);
	if (r == 0)
		r = store_open_parent(b->config, &b->dir, e);
	if (r == 0)
		r = find_roots(b, e);
	if (r == 0) {
		b->args.trail = b->conf->audit_file;
		b->args.now_s = clock_wall_ms() / 1000;
		b->args.left_out = left_out;
		r = write_file(b, e);
	}
	if (r == 0)
		b->has_ca = b->args.root[CA].path != NULL ||
		    memmem(buf_slice(&b->names).p, buf_len(&b->names),
			"/" CA_DB_NAME "\n", sizeof(CA_DB_NAME) + 1) != NULL;
	buf_fini(&b->names);
	store_close(&b->dir.store);
	conf_relay_free(&b->conf);
	return r;
}

static int
say_backup(const struct backup *b)
{
	if (b->json)
		return ask_print_own(BACKUP, json_pack("{s:s s:I s:I s:b}", "file",
		    b->file, "files", (json_int_t)b->sum.files, "bytes",
		    (json_int_t)b->sum.bytes, "has_ca", b->has_ca), AX_EXIT_OK);
	printf("%s: %ju files, %ju bytes. It holds private keys: whoever can read it is "
	       "this relay%s.\n", b->file, (uintmax_t)b->sum.files,
	    (uintmax_t)b->sum.bytes, b->has_ca ? ", and its CA" : "");
	return ask_written(BACKUP, AX_EXIT_OK);
}

int
cmd_backup(int argc, char **argv)
{
	struct backup b = { .config = PLACE_DIR "/" CONFIG };
	const struct option_def defs[] = {
		{ 'c', "config", "FILE", "the relay's configuration (" PLACE_DIR "/" CONFIG
		    ")", NULL, &b.config },
		{ 0, "ca", "DIR", "the CA, if it is not in ca beside it", NULL, &b.ca },
		{ 0, "partial", NULL, "without files that are elsewhere", &b.partial,
		    NULL },
		{ 'j', "json", NULL, "as JSON", &b.json, NULL },
	};
	const struct options o = { .program = BACKUP, .manual = "atlax(1)",
		.summary = "Writes all that the relay has on the disk, keys too, into one "
			   "new file.",
		.operands = "FILE", .defs = defs, .n = ARRAY_LEN(defs) };
	struct err e;
	char config[4096];
	int r, at = options_read(&o, argc, argv, &r);

	if (at < 0)
		return r;
	if (argc - at != 1)
		return options_wrong(&o, "it takes the name of a file to make");
	b.file = argv[at];
	if (realpath(b.config, config) != NULL)
		b.config = config;
	r = backup(&b, &e);
	return r < 0 ? options_failed(&o, &e) : say_backup(&b);
}

/* --- restore ------------------------------------------------------------------ */

#define RESTORE "atlax restore"

/* One directory: where it goes, where it is made, and what was there. */
struct target {
	char path[4000], made[4096], before[4096];
	struct store is; /* locked, if there is something */
	int lock;	 /* of a CA in it */
	bool full;
};

struct restore {
	const char *file, *dir, *state, *ca;
	bool force, check, json;
	json_t *doc; /* if it is; NULL: has no place for all that was done */
	int fd;
	struct archive_sum sum;
	struct target target[ARCHIVE_ROOTS];
};

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

static void
target_end(struct target *t)
{
	if (t->made[0] != '\0')
		(void)nftw(t->made, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	store_unlock(&t->lock);
	store_close(&t->is);
}

static int
no_relay(const char *dir, struct err *e)
{
	char config[4200];
	struct conf_relay *c = NULL;
	struct ask ask = { .program = RESTORE, .page = "/v1/health", .quiet = true };
	struct ask_answer answer;
	int r;

	(void)snprintf(config, sizeof(config), "%s/" CONFIG, dir);
	if (conf_relay_load(config, &c, NULL) < 0)
		return 0;
	ask.socket = c->admin_socket;
	r = ask_relay(&ask, &answer);
	if (r == AX_EXIT_OK)
		ask_answer_fini(&answer);
	conf_relay_free(&c);
	return r == AX_EXIT_NO_RELAY ? 0 : err_set(e, AX_E_EXIST, "a relay runs with "
	    "what is in %s: stop it first, and the signer", dir);
}

/* More than itself and the one above. */
static bool
has_files(const char *path)
{
	DIR *d = opendir(path);
	unsigned n = 0;

	while (d != NULL && n < 3 && readdir(d) != NULL)
		n++;
	if (d != NULL)
		(void)closedir(d);
	return d == NULL || n == 3;
}

/* What is there stays as it is until the end, and nobody else works in it. */
static int
lock_target(const struct restore *r, struct target *t, struct err *e)
{
	char ca[4200];
	struct store s;
	int rc = place_open(t->path, &t->is, e);

	if (rc < 0)
		return rc;
	t->full = has_files(t->path);
	if (!t->full)
		return 0;
	if (!r->force)
		return err_set(e, AX_E_EXIST, "there is something in %s already: give "
		    "--force to put the backup in its place", t->path);
	rc = no_relay(t->path, e);
	(void)snprintf(ca, sizeof(ca), "%s/ca", t->path);
	if (rc < 0 || store_open(t == &r->target[CA] ? t->path : ca, &s, NULL) < 0)
		return rc;
	if (store_has(&s, CA_DB_NAME))
		rc = store_lock(&s, &t->lock, e);
	store_close(&s);
	return rc;
}

/* Makes it, beside the place where it goes. */
static int
make(struct restore *r, enum root which, const char *path, struct err *e)
{
	struct archive_root root[ARCHIVE_ROOTS];
	struct target *t = &r->target[which];
	struct archive_sum sum;
	struct str name;
	size_t n = strlen(path);
	int rc;

	while (n > 1 && path[n - 1] == '/')
		n--;
	if (n == 0 || n >= sizeof(t->path))
		return err_set(e, AX_E_RANGE, "not a directory's name: \"%.60s\"", path);
	(void)snprintf(t->path, sizeof(t->path), "%.*s", (int)n, path);
	rc = lock_target(r, t, e);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < ARCHIVE_ROOTS; i++)
		root[i] = (struct archive_root){ .name = root_names[i] };
	str_init(&name, t->made, sizeof(t->made));
	str_fmt(&name, "%s.restored-XXXXXX", t->path);
	if (mkdtemp(t->made) == NULL) {
		rc = err_sys(e, "cannot make %s", t->made);
		t->made[0] = '\0';
		return rc;
	}
	root[which].path = t->made;
	rc = archive_read(r->fd, root, &sum, e);
	return rc < 0 || !t->full ? rc : newer_keep(t->path, t->made,
	    r->json ? &r->doc : NULL, e);
}

/* At once, where the file system can; else there is a moment with neither. */
static int
exchange(struct target *t)
{
	if (!t->full)
		return rename(t->made, t->path);
	if (renameat2(AT_FDCWD, t->made, AT_FDCWD, t->path, RENAME_EXCHANGE) == 0)
		return rename(t->made, t->before);
	if ((errno != EINVAL && errno != ENOSYS) || rename(t->path, t->before) < 0)
		return -1;
	if (rename(t->made, t->path) == 0)
		return 0;
	(void)rename(t->before, t->path);
	return -1;
}

/* Now they change places. */
static int
put(struct restore *r, struct target *t, struct err *e)
{
	struct store_parent parent;
	struct str name;
	int rc = store_open_parent(t->path, &parent, e);

	if (rc < 0)
		return rc;
	str_init(&name, t->before, sizeof(t->before));
	str_fmt(&name, "%s.before-%ju", t->path, (uintmax_t)clock_wall_ms());
	if (exchange(t) < 0)
		rc = err_sys(e, "cannot put %s in the place of %s", t->made, t->path);
	else
		rc = store_sync(&parent.store, e);
	store_close(&parent.store);
	if (rc < 0)
		return rc;
	t->made[0] = '\0';
	if (r->json) {
		doc_append(&r->doc, "restored", json_pack("{s:s s:s*}", "path", t->path,
		    "before", t->full ? t->before : NULL));
		return 0;
	}
	printf("%s is restored", t->path);
	if (t->full)
		printf("; what was there is in %s now, keys too", t->before);
	printf(".\n");
	return 0;
}

/* The state's place stands in the configuration, which has been made by now. */
static int
locate_state(const struct restore *r, char out[4096], struct err *e)
{
	char config[4200];
	struct conf_relay *c = NULL;
	int rc;

	if (r->state != NULL)
		return str_copy(out, 4096, r->state) ? 0 :
		    err_set(e, AX_E_RANGE, "%.60s: too long", r->state);
	(void)snprintf(config, sizeof(config), "%s/" CONFIG, r->target[ETC].made);
	rc = conf_relay_load(config, &c, e);
	if (rc < 0)
		return err_prefix(e, rc, "say with --state where the relay's state goes");
	find_state(c, r->dir, out);
	conf_relay_free(&c);
	return 0;
}

static int
make_all(struct restore *r, struct err *e)
{
	char state[4096];
	int rc = make(r, ETC, r->dir, e);

	if (rc == 0 && r->sum.root[STATE]) {
		rc = locate_state(r, state, e);
		if (rc == 0)
			rc = make(r, STATE, state, e);
	}
	if (rc == 0 && r->sum.root[CA])
		rc = r->ca == NULL ? err_set(e, AX_E_RANGE, "the backup has a CA that was "
		    "elsewhere: say with --ca where it goes") : make(r, CA, r->ca, e);
	return rc;
}

static void
say_sum(struct restore *r)
{
	char made[DB_TIME_TEXT];

	db_time_text((int64_t)r->sum.made, made);
	if (!r->json)
		printf("%s: made %s, %ju files, %ju bytes, nothing is damaged.\n", r->file,
		    made, (uintmax_t)r->sum.files, (uintmax_t)r->sum.bytes);
	else
		doc_add(&r->doc, json_pack("{s:s s:s s:I s:I}", "file", r->file, "made",
		    made, "files", (json_int_t)r->sum.files, "bytes",
		    (json_int_t)r->sum.bytes));
}

static int
restore(struct restore *r, struct err *e)
{
	struct archive_root none[ARCHIVE_ROOTS];
	int rc;

	for (size_t i = 0; i < ARCHIVE_ROOTS; i++) {
		none[i] = (struct archive_root){ .name = root_names[i] };
		r->target[i].is.fd = r->target[i].lock = -1;
	}
	r->fd = open(r->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (r->fd < 0)
		return err_sys(e, "cannot read %s", r->file);
	rc = archive_read(r->fd, none, &r->sum, e);
	if (rc == 0)
		say_sum(r);
	if (rc == 0 && !r->check) {
		rc = make_all(r, e);
		/* The configuration last: where it is, all is. */
		for (size_t i = ARCHIVE_ROOTS; rc == 0 && i-- > 0;)
			if (r->target[i].made[0] != '\0')
				rc = put(r, &r->target[i], e);
	}
	for (size_t i = 0; i < ARCHIVE_ROOTS; i++)
		target_end(&r->target[i]);
	(void)close(r->fd);
	return rc;
}

int
cmd_restore(int argc, char **argv)
{
	struct restore r = { .dir = PLACE_DIR };
	const struct option_def defs[] = {
		{ 0, "dir", "DIR", "where the configuration goes (" PLACE_DIR ")", NULL,
		    &r.dir },
		{ 0, "state", "DIR", "where the state goes, if it was elsewhere", NULL,
		    &r.state },
		{ 0, "ca", "DIR", "where the CA goes, if it was elsewhere", NULL, &r.ca },
		{ 0, "force", NULL, "in the place of what is there", &r.force, NULL },
		{ 0, "check", NULL, "only look whether it is damaged", &r.check, NULL },
		{ 'j', "json", NULL, "as JSON", &r.json, NULL },
	};
	const struct options o = { .program = RESTORE, .manual = "atlax(1)",
		.summary = "Puts back what atlax backup has written.", .operands = "FILE",
		.defs = defs, .n = ARRAY_LEN(defs) };
	struct err e;
	int rc, at = options_read(&o, argc, argv, &rc);

	if (at < 0)
		return rc;
	if (argc - at != 1)
		return options_wrong(&o, "it takes the name of a backup");
	r.file = argv[at];
	if (r.json)
		r.doc = json_pack("{s:[] s:[]}", "restored", "kept");
	rc = restore(&r, &e);
	rc = rc < 0 ? options_failed(&o, &e) : AX_EXIT_OK;
	/* What was done before it failed has to be known, too. */
	return r.json ? ask_print_own(RESTORE, r.doc, rc) : ask_written(RESTORE, rc);
}
