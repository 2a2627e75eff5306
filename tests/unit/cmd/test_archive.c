/* Tests of cmd/archive.c, archive_read.c and ustar.c. */
#include "cmd/archive.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/ustar.h"

#include "../check_main.h"
#include "../pki/tmpdir.h"

#define TOP "atlax-backup-1/"

struct pack {
	struct tmpdir tmp;
	char etc[128], file[128], out[128], link[128];
	int fd, touches; /* how often something changes while it is written */
	struct archive_args args;
	struct archive_sum sum;
	struct buf names;
	struct err e;
};

static void
put_file(const char *dir, const char *name, mode_t mode, const char *text)
{
	char path[300];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(fchmod(fd, mode), 0);
	close(fd);
}

static void
on_left_out(void *arg, const char *name)
{
	struct pack *p = arg;
	char text[16];

	ck_assert_str_eq(name, "link");
	if (p->touches == 0)
		return;
	(void)snprintf(text, sizeof(text), "new %d", p->touches--);
	ck_assert_int_eq(unlink(tmpdir_in(&p->tmp, "etc/a", p->link)), 0);
	put_file(p->etc, "a", 0644, text);
}

static void
pack_begin(struct pack *p)
{
	char path[200];

	*p = (struct pack){ .fd = -1 };
	tmpdir_make(&p->tmp);
	(void)tmpdir_in(&p->tmp, "etc", p->etc);
	(void)tmpdir_in(&p->tmp, "file", p->file);
	(void)tmpdir_in(&p->tmp, "out", p->out);
	(void)snprintf(path, sizeof(path), "%s/sub", p->etc);
	ck_assert_int_eq(mkdir(p->etc, 0755), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(mkdir(p->out, 0700), 0);
	put_file(p->etc, "a", 0644, "public");
	put_file(p->etc, ".atlax-tmp-0123", 0600, "half a key");
	put_file(path, "key", 0600, "secret");
	put_file(path, "empty", 0640, "");
	p->fd = open(p->file, O_RDWR | O_CREAT | O_EXCL, 0600);
	ck_assert_int_ge(p->fd, 0);
	p->args = (struct archive_args){ .root = { { "etc", p->etc }, { "state", NULL },
		{ "ca", NULL } }, .now_s = 1795420800, .left_out = on_left_out, .arg = p };
	buf_init(&p->names);
}

static void
pack_end(struct pack *p)
{
	close(p->fd);
	buf_fini(&p->names);
	tmpdir_remove(&p->tmp);
}

static int
pack_write(struct pack *p)
{
	return archive_write(p->fd, &p->args, &p->sum, &p->names, &p->e);
}

static int
pack_read(struct pack *p, bool make)
{
	struct archive_root root[ARCHIVE_ROOTS] = { { "etc", make ? p->out : NULL },
		{ "state", NULL }, { "ca", NULL } };

	return archive_read(p->fd, root, &p->sum, &p->e);
}

static void
holds(const struct pack *p, const char *name, unsigned mode, const char *text)
{
	char path[300], got[64] = "";
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", p->out, name);
	fd = open(path, O_RDONLY);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_ge(read(fd, got, sizeof(got) - 1), 0);
	close(fd);
	ck_assert_str_eq(got, text);
	ck_assert_uint_eq(tmpdir_mode(path), mode);
}

START_TEST(what_was_there_is_there_again)
{
	struct pack p;
	char path[300];

	pack_begin(&p);
	ck_assert_msg(pack_write(&p) == 0, "%s", p.e.text);
	ck_assert_uint_eq(p.sum.files, 3);
	ck_assert_msg(pack_read(&p, true) == 0, "%s", p.e.text);
	ck_assert_uint_eq(p.sum.files, 3);
	ck_assert_uint_eq(p.sum.bytes, 12);
	ck_assert_uint_eq(p.sum.made, 1795420800);
	ck_assert(p.sum.root[0] && !p.sum.root[1] && !p.sum.root[2]);
	holds(&p, "a", 0644, "public");
	holds(&p, "sub/key", 0600, "secret");
	holds(&p, "sub/empty", 0640, "");
	(void)snprintf(path, sizeof(path), "%s/sub", p.out);
	ck_assert_uint_eq(tmpdir_mode(path), 0700);
	ck_assert_uint_eq(tmpdir_mode(p.out), 0755);
	ck_assert_uint_eq(tmpdir_count(p.out), 2);
	pack_end(&p);
}
END_TEST

START_TEST(nothing_is_overwritten)
{
	struct pack p;

	pack_begin(&p);
	put_file(p.out, "a", 0644, "mine");
	ck_assert_int_eq(pack_write(&p), 0);
	ck_assert_int_eq(pack_read(&p, true), AX_E_SYS);
	holds(&p, "a", 0644, "mine");
	pack_end(&p);
}
END_TEST

START_TEST(any_other_byte_is_noticed)
{
	struct pack p;
	struct stat st;
	uint8_t was, is;

	pack_begin(&p);
	ck_assert_int_eq(pack_write(&p), 0);
	ck_assert_int_eq(fstat(p.fd, &st), 0);
	for (off_t i = 0; i < st.st_size; i++) {
		ck_assert_int_eq(pread(p.fd, &was, 1, i), 1);
		is = was ^ (uint8_t)(1u << (i & 7));
		ck_assert_int_eq(pwrite(p.fd, &is, 1, i), 1);
		ck_assert_msg(pack_read(&p, false) < 0, "byte %jd", (intmax_t)i);
		ck_assert_int_eq(pwrite(p.fd, &was, 1, i), 1);
	}
	ck_assert_int_eq(pack_read(&p, false), 0);
	ck_assert_int_eq(pwrite(p.fd, "", 1, st.st_size), 1);
	ck_assert_int_eq(pack_read(&p, false), AX_E_SYNTAX);
	for (off_t i = st.st_size - 1; i >= 0; i -= 100) {
		ck_assert_int_eq(ftruncate(p.fd, i), 0);
		ck_assert_int_eq(pack_read(&p, false), AX_E_SYNTAX);
	}
	pack_end(&p);
}
END_TEST

START_TEST(it_is_of_one_moment)
{
	struct pack p;

	pack_begin(&p);
	ck_assert_int_eq(symlink("a", tmpdir_in(&p.tmp, "etc/link", p.link)), 0);
	p.touches = 1;
	ck_assert_msg(pack_write(&p) == 0, "%s", p.e.text);
	ck_assert_int_eq(pack_read(&p, true), 0);
	holds(&p, "a", 0644, "new 1");
	p.touches = 100;
	ck_assert_int_eq(pack_write(&p), AX_E_AGAIN);
	pack_end(&p);
}
END_TEST

START_TEST(a_trail_may_grow)
{
	struct pack p;

	pack_begin(&p);
	put_file(p.etc, "audit.log", 0600, "a line\n");
	ck_assert_int_eq(symlink("a", tmpdir_in(&p.tmp, "etc/link", p.link)), 0);
	ck_assert_int_eq(pack_write(&p), 0);
	ck_assert_int_eq(pack_read(&p, true), 0);
	holds(&p, "audit.log", 0600, "a line\n");
	pack_end(&p);
}
END_TEST

START_TEST(names_that_do_not_fit_are_refused)
{
	struct pack p;

	pack_begin(&p);
	put_file(p.etc, "my key", 0600, "x");
	ck_assert_int_eq(pack_write(&p), AX_E_RANGE);
	pack_end(&p);
}
END_TEST

/* An archive of one directory and one more member, as somebody else may make it. */
static int
read_made(struct pack *p, const struct ustar *u, int type)
{
	struct ustar etc = { .name = TOP "etc/", .directory = true, .mode = 0755 };
	uint8_t head[USTAR_BLOCK] = { 0 };
	unsigned sum = 0;

	ck_assert_int_eq(ftruncate(p->fd, 0), 0);
	ustar_write(&etc, head);
	ck_assert_int_eq(pwrite(p->fd, head, sizeof(head), 0), USTAR_BLOCK);
	ustar_write(u, head);
	if (type != 0) { /* with a sum that is right */
		head[156] = (uint8_t)type;
		memcpy(head + 157, "/etc/passwd", 11);
		memset(head + 148, ' ', 8);
		for (size_t i = 0; i < sizeof(head); i++)
			sum += head[i];
		(void)snprintf((char *)head + 148, 7, "%06o", sum);
	}
	ck_assert_int_eq(pwrite(p->fd, head, sizeof(head), USTAR_BLOCK), USTAR_BLOCK);
	return pack_read(p, true);
}

static void
refused(const char *name, uint32_t mode, const char *user, int type, const char *why)
{
	struct ustar u = { .mode = mode, .directory = name[strlen(name) - 1] == '/' };
	struct pack p;

	(void)snprintf(u.name, sizeof(u.name), "%s", name);
	(void)snprintf(u.user, sizeof(u.user), "%s", user);
	pack_begin(&p);
	ck_assert_int_eq(read_made(&p, &u, type), AX_E_SYNTAX);
	ck_assert_msg(strstr(p.e.text, why) != NULL, "%s: %s", name, p.e.text);
	ck_assert_uint_eq(tmpdir_count(p.out), 0);
	ck_assert_uint_eq(tmpdir_count(p.tmp.path), 3);
	pack_end(&p);
}

START_TEST(no_name_leads_elsewhere)
{
	static const char *const names[] = { "../x", "/etc/x", "x", TOP "etc/../x",
		TOP "etc/../../x", TOP "etc/./x", TOP "etc//x", TOP "/etc/x", TOP "etc/..",
		TOP "etc/a b", TOP "etc/a\nb", TOP "etc/../" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		refused(names[i], 0600, "", 0, "leads elsewhere");
	refused(TOP "home/x", 0600, "", 0, "does not belong");
	refused(TOP "etc", 0600, "", 0, "does not belong");
	refused(TOP "etc/", 0700, "", 0, "twice");
	refused(TOP "etc/none/x", 0600, "", 0, "without its directory");
}
END_TEST

START_TEST(no_other_kind_and_no_other_rights)
{
	refused(TOP "etc/x", 0600, "", '1', "the head");
	refused(TOP "etc/x", 0600, "", '2', "the head");
	refused(TOP "etc/x", 0600, "", '3', "the head");
	refused(TOP "etc/x", 0600, "", '6', "the head");
	refused(TOP "etc/x", 04755, "", 0, "rights");
	refused(TOP "etc/x", 0666, "", 0, "rights");
	refused(TOP "etc/x/", 01777, "", 0, "rights");
	refused(TOP "etc/x", 0600, "root", 0, "somebody else");
}
END_TEST

START_TEST(what_is_none_is_told_from_what_is_newer)
{
	struct ustar u = { .name = "atlax-backup-2/etc/", .directory = true, .mode = 0755 };
	uint8_t head[USTAR_BLOCK];
	struct pack p;

	pack_begin(&p);
	ck_assert_int_eq(pack_read(&p, false), AX_E_SYNTAX);
	ustar_write(&u, head);
	ck_assert_int_eq(write(p.fd, head, sizeof(head)), USTAR_BLOCK);
	ck_assert_int_eq(pack_read(&p, false), AX_E_UNSUPPORTED);
	(void)snprintf(u.name, sizeof(u.name), "somebody/");
	ustar_write(&u, head);
	ck_assert_int_eq(pwrite(p.fd, head, sizeof(head), 0), USTAR_BLOCK);
	ck_assert_int_eq(pack_read(&p, false), AX_E_SYNTAX);
	ck_assert_ptr_nonnull(strstr(p.e.text, "no backup"));
	pack_end(&p);
}
END_TEST

CHECK_MAIN("cmd/archive", what_was_there_is_there_again, nothing_is_overwritten,
    any_other_byte_is_noticed, it_is_of_one_moment, a_trail_may_grow,
    names_that_do_not_fit_are_refused, no_name_leads_elsewhere,
    no_other_kind_and_no_other_rights, what_is_none_is_told_from_what_is_newer)
