/* Tests of relay/watched.c. */
#include "relay/watched.h"

#include <string.h>
#include <unistd.h>

#include "base/defs.h"

#include "../check_main.h"

struct place {
	char dir[32], file[64], other[64];
	struct watched w;
};

static void
put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

static void
begin(struct place *p)
{
	(void)snprintf(p->dir, sizeof(p->dir), "watched-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(p->dir));
	(void)snprintf(p->file, sizeof(p->file), "%s/file", p->dir);
	(void)snprintf(p->other, sizeof(p->other), "%s/other", p->dir);
}

static void
end(struct place *p)
{
	(void)unlink(p->file);
	(void)unlink(p->other);
	ck_assert_int_eq(rmdir(p->dir), 0);
}

START_TEST(watched_file_that_stays_is_no_change)
{
	struct place p;

	begin(&p);
	watched_mark(&p.w, p.file); /* it is not there */
	ck_assert(!watched_look(&p.w) && !watched_is_other(&p.w));
	put(p.file, "one");
	watched_mark(&p.w, p.file);
	for (int i = 0; i < 3; i++)
		ck_assert(!watched_look(&p.w) && !watched_is_other(&p.w));
	end(&p);
}
END_TEST

START_TEST(watched_change_is_told_when_it_is_over)
{
	struct place p;

	begin(&p);
	put(p.file, "one");
	watched_mark(&p.w, p.file);
	put(p.file, "half");
	ck_assert(watched_is_other(&p.w));
	ck_assert(!watched_look(&p.w)); /* somebody may be writing */
	put(p.file, "half and the rest");
	ck_assert(!watched_look(&p.w));
	ck_assert(watched_look(&p.w));
	ck_assert(watched_look(&p.w)); /* until it is read */
	watched_mark(&p.w, p.file);
	ck_assert(!watched_look(&p.w));
	end(&p);
}
END_TEST

START_TEST(watched_rename_and_end_are_changes)
{
	struct place p;

	begin(&p);
	put(p.file, "one");
	put(p.other, "two"); /* as long, and perhaps at the same time */
	watched_mark(&p.w, p.file);
	ck_assert_int_eq(rename(p.other, p.file), 0);
	ck_assert(!watched_look(&p.w));
	ck_assert(watched_look(&p.w));
	watched_mark(&p.w, p.file);
	ck_assert_int_eq(unlink(p.file), 0);
	ck_assert(!watched_look(&p.w));
	ck_assert(watched_look(&p.w));
	end(&p);
}
END_TEST

CHECK_MAIN("watched", watched_file_that_stays_is_no_change,
    watched_change_is_told_when_it_is_over, watched_rename_and_end_are_changes)
