/* test_store.c — files that are whole or not there. */
#include "pki/store.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>

#include "../check_main.h"
#include "tmpdir.h"

static struct slice
text(const char *s)
{
	return slice_str(s);
}

static void
open_in(struct tmpdir *t, struct store *s)
{
	struct err e;

	tmpdir_make(t);
	ck_assert_int_eq(store_open(t->path, s, &e), 0);
}

static void
expect(const struct store *s, const char *name, const char *want)
{
	struct buf b;
	struct err e = {0};

	buf_init(&b);
	ck_assert_msg(
	    store_read(s, name, STORE_PUBLIC, &b, &e) == 0, "%s", e.text);
	ck_assert(slice_eq(buf_slice(&b), text(want)));
	buf_fini(&b);
}

START_TEST(store_creates_once_and_replaces_often)
{
	struct tmpdir t;
	struct store s;
	struct err e;

	open_in(&t, &s);
	ck_assert_int_eq(
	    store_create(&s, "a", STORE_PUBLIC, text("one"), &e), 0);
	ck_assert_int_eq(
	    store_create(&s, "a", STORE_PUBLIC, text("two"), &e), AX_E_EXIST);
	expect(&s, "a", "one");
	ck_assert_int_eq(
	    store_replace(&s, "a", STORE_PUBLIC, text("two"), &e), 0);
	ck_assert_int_eq(
	    store_replace(&s, "a", STORE_PUBLIC, text("three"), &e), 0);
	expect(&s, "a", "three");
	ck_assert_uint_eq(tmpdir_count(t.path), 1);
	store_close(&s);
	tmpdir_remove(&t);
}
END_TEST

START_TEST(store_modes_do_not_depend_on_the_umask)
{
	static const mode_t masks[] = {0, 022, 077};
	struct tmpdir t;
	struct store s;
	struct err e;
	char path[128];
	mode_t old;

	open_in(&t, &s);
	old = umask(0);
	for (size_t i = 0; i < ARRAY_LEN(masks); i++) {
		(void)umask(masks[i]);
		ck_assert_int_eq(
		    store_replace(&s, "pub", STORE_PUBLIC, text("x"), &e), 0);
		ck_assert_int_eq(
		    store_replace(&s, "sec", STORE_SECRET, text("x"), &e), 0);
		ck_assert_uint_eq(
		    tmpdir_mode(tmpdir_in(&t, "pub", path)), 0644);
		ck_assert_uint_eq(
		    tmpdir_mode(tmpdir_in(&t, "sec", path)), 0600);
	}
	(void)umask(old);
	store_close(&s);
	tmpdir_remove(&t);
}
END_TEST

START_TEST(store_refuses_a_secret_that_others_may_read)
{
	struct tmpdir t;
	struct store s;
	struct buf b;
	struct err e;
	char path[128];

	open_in(&t, &s);
	buf_init(&b);
	ck_assert_int_eq(store_create(&s, "k", STORE_SECRET, text("x"), &e), 0);
	ck_assert_int_eq(store_read(&s, "k", STORE_SECRET, &b, &e), 0);
	ck_assert_int_eq(chmod(tmpdir_in(&t, "k", path), 0640), 0);
	ck_assert_int_eq(
	    store_read(&s, "k", STORE_SECRET, &b, &e), AX_E_CONFIG);
	ck_assert_int_eq(store_read(&s, "k", STORE_PUBLIC, &b, &e), 0);
	buf_fini(&b);
	store_close(&s);
	tmpdir_remove(&t);
}
END_TEST

START_TEST(store_follows_no_symbolic_link)
{
	struct tmpdir t;
	struct store s;
	struct buf b;
	struct err e;
	char path[128];

	open_in(&t, &s);
	buf_init(&b);
	ck_assert_int_eq(
	    store_create(&s, "target", STORE_PUBLIC, text("x"), &e), 0);
	ck_assert_int_eq(symlink("target", tmpdir_in(&t, "link", path)), 0);
	ck_assert_int_eq(
	    symlink("nowhere", tmpdir_in(&t, "dangling", path)), 0);
	ck_assert_int_eq(
	    store_read(&s, "link", STORE_PUBLIC, &b, &e), AX_E_SYS);
	ck_assert_int_eq(
	    store_create(&s, "dangling", STORE_PUBLIC, text("y"), &e),
	    AX_E_EXIST);
	ck_assert(store_has(&s, "dangling"));
	ck_assert(!store_has(&s, "nowhere"));
	ck_assert_int_eq(
	    store_replace(&s, "link", STORE_PUBLIC, text("y"), &e), 0);
	expect(&s, "target", "x");
	expect(&s, "link", "y");
	store_close(&s);
	tmpdir_remove(&t);
}
END_TEST

START_TEST(store_reads_regular_files_only)
{
	struct tmpdir t;
	struct store s;
	struct buf b;
	struct err e;
	char path[128];

	open_in(&t, &s);
	buf_init(&b);
	ck_assert_int_eq(mkfifo(tmpdir_in(&t, "fifo", path), 0600), 0);
	ck_assert_int_eq(
	    store_read(&s, "fifo", STORE_PUBLIC, &b, &e), AX_E_CONFIG);
	ck_assert_int_eq(
	    store_read(&s, ".", STORE_PUBLIC, &b, &e), AX_E_CONFIG);
	ck_assert_int_eq(
	    store_read(&s, "none", STORE_PUBLIC, &b, &e), AX_E_NOTFOUND);
	ck_assert_int_eq(truncate(tmpdir_in(&t, "huge", path), 0), -1);
	ck_assert_int_eq(
	    store_create(&s, "huge", STORE_PUBLIC, text("x"), &e), 0);
	ck_assert_int_eq(truncate(path, (off_t)STORE_FILE_MAX + 1), 0);
	ck_assert_int_eq(
	    store_read(&s, "huge", STORE_PUBLIC, &b, &e), AX_E_LIMIT);
	ck_assert_uint_eq(buf_len(&b), 0);
	store_close(&s);
	tmpdir_remove(&t);
}
END_TEST

/* Nothing is asserted under the limit: Check writes files, too. */
START_TEST(store_leaves_nothing_behind_when_the_disk_is_full)
{
	struct rlimit small, old;
	struct tmpdir t;
	struct store s;
	struct err e;
	int replaced, created;

	open_in(&t, &s);
	ck_assert_int_eq(
	    store_create(&s, "a", STORE_PUBLIC, text("old"), &e), 0);
	(void)signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = 2;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	replaced = store_replace(&s, "a", STORE_PUBLIC, text("new"), &e);
	created = store_create(&s, "b", STORE_SECRET, text("new"), &e);
	(void)setrlimit(RLIMIT_FSIZE, &old);
	ck_assert_int_eq(replaced, AX_E_SYS);
	ck_assert_int_eq(created, AX_E_SYS);
	expect(&s, "a", "old");
	ck_assert_uint_eq(tmpdir_count(t.path), 1);
	store_close(&s);
	tmpdir_remove(&t);
}
END_TEST

START_TEST(store_removes_what_begins_so_and_nothing_else)
{
	struct tmpdir t;
	struct store s;
	struct err e;

	open_in(&t, &s);
	ck_assert_int_eq(store_create(&s, STORE_TEMP_PREFIX "1", STORE_PUBLIC,
			     text("x"), &e),
	    0);
	ck_assert_int_eq(
	    store_create(&s, "keep", STORE_PUBLIC, text("x"), &e), 0);
	store_remove(&s, STORE_TEMP_PREFIX);
	ck_assert(!store_has(&s, STORE_TEMP_PREFIX "1"));
	ck_assert(store_has(&s, "keep"));
	store_remove(&s, "");
	ck_assert_uint_eq(tmpdir_count(t.path), 0);
	store_close(&s);
	tmpdir_remove(&t);
}
END_TEST

START_TEST(store_lock_is_held_until_it_is_given_up)
{
	struct tmpdir t;
	struct store s;
	struct err e;
	char path[128];
	int lock = -1, other;

	open_in(&t, &s);
	ck_assert_int_eq(store_lock(&s, &lock, &e), 0);
	other = open(tmpdir_in(&t, "lock", path), O_RDWR | O_CLOEXEC);
	ck_assert_int_ge(other, 0);
	ck_assert_int_eq(flock(other, LOCK_EX | LOCK_NB), -1);
	store_unlock(&lock);
	ck_assert_int_eq(lock, -1);
	ck_assert_int_eq(flock(other, LOCK_EX | LOCK_NB), 0);
	(void)close(other);
	store_unlock(&lock); /* harmless */
	store_close(&s);
	tmpdir_remove(&t);
}
END_TEST

START_TEST(store_open_parent_splits_a_path)
{
	struct store_parent p;
	struct tmpdir t;
	struct err e;
	char path[128];

	tmpdir_make(&t);
	ck_assert_int_eq(
	    store_open_parent(tmpdir_in(&t, "f", path), &p, &e), 0);
	ck_assert_str_eq(p.path, t.path);
	ck_assert_str_eq(p.name, "f");
	store_close(&p.store);
	ck_assert_int_eq(store_open_parent("f", &p, &e), 0);
	ck_assert_str_eq(p.path, ".");
	store_close(&p.store);
	ck_assert_int_eq(store_open_parent("/f", &p, &e), 0);
	ck_assert_str_eq(p.path, "/");
	store_close(&p.store);
	ck_assert_int_eq(store_open_parent("d/", &p, &e), AX_E_RANGE);
	ck_assert_int_eq(store_open_parent("", &p, &e), AX_E_RANGE);
	ck_assert_int_eq(store_open_parent(tmpdir_in(&t, "no/f", path), &p, &e),
	    AX_E_NOTFOUND);
	tmpdir_remove(&t);
}
END_TEST

CHECK_MAIN("store", store_creates_once_and_replaces_often,
    store_modes_do_not_depend_on_the_umask,
    store_refuses_a_secret_that_others_may_read, store_follows_no_symbolic_link,
    store_reads_regular_files_only,
    store_leaves_nothing_behind_when_the_disk_is_full,
    store_removes_what_begins_so_and_nothing_else,
    store_lock_is_held_until_it_is_given_up, store_open_parent_splits_a_path)
