/* Tests of audit/trail.c by audit/chain.c, and the other way round: what one has
 * written the other accepts, and nothing that was changed after it.           */
#include "audit/trail.h"

#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../check_main.h"

#define FILE_MAX 8192

struct place {
	char dir[32], file[64], old[64];
	struct trail *t;
};

static void
begin(struct place *p)
{
	struct err e;

	(void)snprintf(p->dir, sizeof(p->dir), "trail-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(p->dir));
	(void)snprintf(p->file, sizeof(p->file), "%s/audit.log", p->dir);
	(void)snprintf(p->old, sizeof(p->old), "%s/audit.log.1", p->dir);
	ck_assert_int_eq(trail_open(p->file, &p->t, &e), 0);
}

static void
end(struct place *p)
{
	trail_close(&p->t);
	(void)unlink(p->file);
	(void)unlink(p->old);
	ck_assert_int_eq(rmdir(p->dir), 0);
}

static int
add(struct place *p, const char *name, const char *members)
{
	struct trail_event ev = { .wall_ms = 1764000000123, .name = name,
		.members = slice_str(members) };
	struct err e;

	return trail_add(p->t, &ev, &e);
}

static void
open_again(struct place *p)
{
	struct err e;

	trail_close(&p->t);
	ck_assert_int_eq(trail_open(p->file, &p->t, &e), 0);
}

static size_t
get(const char *path, char out[FILE_MAX])
{
	FILE *f = fopen(path, "r");
	size_t n;

	ck_assert_ptr_nonnull(f);
	n = fread(out, 1, FILE_MAX - 1, f);
	ck_assert_int_eq(fclose(f), 0);
	out[n] = '\0';
	return n;
}

static void
put(const char *path, const char *text, size_t n, const char *mode)
{
	FILE *f = fopen(path, mode);

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(text, 1, n, f), n);
	ck_assert_int_eq(fclose(f), 0);
}

/* The number of the first line that does not fit, from 1 on; 0: all do. */
static int
follow(struct chain *c, const char *text, size_t n)
{
	struct err e;
	int line = 0;

	while (n > 0) {
		const char *lf = memchr(text, '\n', n);
		size_t len = lf == NULL ? n : (size_t)(lf - text) + 1;

		line++;
		if (chain_take(c, slice_of(text, len), &e) < 0)
			return line;
		text += len;
		n -= len;
	}
	return chain_end(c, &e) < 0 ? line : 0;
}

static int
verify(const char *path)
{
	char text[FILE_MAX];
	struct chain c;

	chain_init(&c);
	return follow(&c, text, get(path, text));
}

static void
four(struct place *p)
{
	begin(p);
	ck_assert_int_eq(add(p, "start", ""), 0);
	ck_assert_int_eq(add(p, "kick", "\"tenant\":\"home\""), 0);
	ck_assert_int_eq(add(p, "revoke", "\"name\":\"home/nas\""), 0);
	ck_assert_int_eq(add(p, "stop", ""), 0);
}

START_TEST(trail_line_is_json_with_the_hash_of_the_line_before)
{
	struct place p;
	char text[FILE_MAX], hash[CHAIN_HASH_TEXT], wanted[256];
	uint8_t sha[CHAIN_HASH_LEN];
	struct err e;
	char *second;

	four(&p);
	(void)get(p.file, text);
	(void)snprintf(wanted, sizeof(wanted), "{\"prev\":\"%064d\",\"at\":"
	    "\"2025-11-24T16:00:00.123Z\",\"event\":\"start\"}\n", 0);
	ck_assert_int_eq(strncmp(text, wanted, strlen(wanted)), 0);
	second = strchr(text, '\n') + 1;
	ck_assert_int_eq(chain_hash(slice_of(text, (size_t)(second - text)), sha, &e), 0);
	chain_hash_text(sha, hash);
	(void)snprintf(wanted, sizeof(wanted), "{\"prev\":\"%s\",\"at\":"
	    "\"2025-11-24T16:00:00.123Z\",\"event\":\"kick\",\"tenant\":\"home\"}\n", hash);
	ck_assert_int_eq(strncmp(second, wanted, strlen(wanted)), 0);
	ck_assert_int_eq(verify(p.file), 0);
	end(&p);
}
END_TEST

START_TEST(chain_names_the_line_after_any_changed_byte)
{
	struct place p;
	char text[FILE_MAX], was;
	struct chain c;
	size_t n, last;
	int line = 1;

	four(&p);
	n = get(p.file, text);
	for (last = n - 1; text[last - 1] != '\n'; last--)
		;
	for (size_t i = 0; i < last; i++) {
		int at;

		was = text[i];
		text[i] ^= 1;
		chain_init(&c);
		at = follow(&c, text, n);
		/* The line itself, if it is none any more or names another, or the next. */
		ck_assert_msg(at == line || at == line + 1, "byte %zu of line %d: %d", i,
		    line, at);
		text[i] = was;
		line += was == '\n';
	}
	end(&p);
}
END_TEST

START_TEST(chain_misses_a_line_and_an_order)
{
	struct place p;
	char text[FILE_MAX], other[FILE_MAX], *second, *third, *fourth;
	struct chain c;
	size_t n, one, two;

	four(&p);
	n = get(p.file, text);
	second = strchr(text, '\n') + 1;
	third = strchr(second, '\n') + 1;
	fourth = strchr(third, '\n') + 1;
	one = (size_t)(second - text);
	two = (size_t)(third - second);
	memcpy(other, text, one); /* without the second */
	memcpy(other + one, third, n - one - two);
	chain_init(&c);
	ck_assert_int_eq(follow(&c, other, n - two), 2);
	memcpy(other + one, third, (size_t)(fourth - third)); /* exchanged */
	memcpy(other + one + (fourth - third), second, two);
	memcpy(other + (fourth - text), fourth, n - (size_t)(fourth - text));
	chain_init(&c);
	ck_assert_int_eq(follow(&c, other, n), 2);
	/* Whoever takes the first ones away leaves a chain that does not begin. */
	chain_init(&c);
	ck_assert_int_eq(follow(&c, second, n - one), 0);
	ck_assert(!c.begins);
	chain_init(&c);
	ck_assert_int_eq(follow(&c, text, n), 0);
	ck_assert(c.begins);
	end(&p);
}
END_TEST

START_TEST(trail_goes_on_after_a_restart_and_in_another_file)
{
	struct place p;
	char text[FILE_MAX];
	struct chain c;
	struct err e;

	four(&p);
	open_again(&p);
	ck_assert_int_eq(add(&p, "start", ""), 0);
	ck_assert_int_eq(verify(p.file), 0);
	ck_assert_int_eq(trail_reopen(p.t, &e), 0); /* it is the same file */
	ck_assert_int_eq(rename(p.file, p.old), 0);
	ck_assert_int_eq(add(&p, "kick", ""), 0); /* nobody has said so yet */
	ck_assert_int_eq(trail_reopen(p.t, &e), 0);
	ck_assert_int_eq(add(&p, "reload", ""), 0);
	ck_assert_int_eq(add(&p, "stop", ""), 0);
	chain_init(&c);
	ck_assert_int_eq(follow(&c, text, get(p.old, text)), 0);
	ck_assert_int_eq(follow(&c, text, get(p.file, text)), 0);
	ck_assert_uint_eq(c.lines, 8);
	chain_init(&c); /* in the wrong order */
	ck_assert_int_eq(follow(&c, text, get(p.file, text)), 0);
	ck_assert_int_eq(follow(&c, text, get(p.old, text)), 1);
	end(&p);
}
END_TEST

START_TEST(trail_marks_every_torn_end_and_the_chain_holds)
{
	char text[FILE_MAX], *last;
	size_t n;
	struct place p;

	four(&p);
	n = get(p.file, text);
	for (last = text + n - 1; last[-1] != '\n'; last--)
		;
	for (const char *cut = last + 1; cut < text + n; cut++) {
		char now[FILE_MAX];
		struct chain c;

		trail_close(&p.t);
		put(p.file, text, (size_t)(cut - text), "w");
		ck_assert_int_eq(verify(p.file), 4);
		open_again(&p);
		ck_assert_int_eq(add(&p, "start", ""), 0);
		chain_init(&c);
		ck_assert_int_eq(follow(&c, now, get(p.file, now)), 0);
		ck_assert_uint_eq(c.torn, 1);
		ck_assert_uint_eq(c.lines, 6); /* three, the piece, its mark, start */
		now[cut - text - 1] ^= 1; /* the piece is protected as well */
		chain_init(&c);
		ck_assert_int_eq(follow(&c, now, strlen(now)), 5);
	}
	end(&p);
}
END_TEST

START_TEST(trail_of_nothing_but_a_piece_goes_on)
{
	struct place p;

	begin(&p);
	put(p.file, "{\"prev\":\"00", 11, "w");
	ck_assert_int_eq(add(&p, "start", ""), 0);
	ck_assert_int_eq(add(&p, "stop", ""), 0);
	ck_assert_int_eq(verify(p.file), 0);
	end(&p);
}
END_TEST

START_TEST(trail_marks_what_others_have_written)
{
	struct place p;
	char text[FILE_MAX];
	struct chain c;

	four(&p);
	put(p.file, "hello\nyou", 9, "a");
	ck_assert_int_eq(add(&p, "start", ""), 0);
	chain_init(&c);
	ck_assert_int_eq(follow(&c, text, get(p.file, text)), 0);
	ck_assert_uint_eq(c.torn, 1);
	ck_assert_ptr_nonnull(strstr(text, "\"bytes\":9"));
	end(&p);
}
END_TEST

/* As in an upgrade: each adds lines while the other one has the file open. */
START_TEST(trail_of_two_processes_is_one_chain)
{
	struct place p;
	struct trail *mine, *other;
	struct err e;

	four(&p);
	ck_assert_int_eq(trail_open(p.file, &other, &e), 0);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(add(&p, "kick", ""), 0);
		ck_assert_int_eq(add(&p, "kick", "\"tenant\":\"home\""), 0);
		mine = p.t;
		p.t = other;
		other = mine;
	}
	ck_assert_int_eq(verify(p.file), 0);
	trail_close(&other);
	end(&p);
}
END_TEST

START_TEST(trail_cut_by_others_does_not_fit)
{
	struct place p;
	char text[FILE_MAX], *third;

	four(&p);
	(void)get(p.file, text);
	third = strchr(strchr(text, '\n') + 1, '\n') + 1;
	ck_assert_int_eq(truncate(p.file, third - text), 0);
	ck_assert_int_eq(add(&p, "kick", ""), 0);
	ck_assert_int_eq(verify(p.file), 3);
	end(&p);
}
END_TEST

START_TEST(trail_that_was_removed_is_made_again)
{
	struct place p;
	char text[FILE_MAX];
	struct chain c;

	four(&p);
	ck_assert_int_eq(unlink(p.file), 0);
	ck_assert_int_eq(add(&p, "kick", ""), 0);
	chain_init(&c);
	ck_assert_int_eq(follow(&c, text, get(p.file, text)), 0);
	ck_assert_uint_eq(c.lines, 1);
	ck_assert(!c.begins);
	end(&p);
}
END_TEST

START_TEST(trail_without_room_counts_what_is_missed_and_says_so)
{
	struct rlimit all, few;
	struct trail_state s;
	struct place p;
	char text[FILE_MAX];
	struct chain c;
	struct err e;
	int refused = 0;

	four(&p);
	ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &all), 0);
	few = all;
	few.rlim_cur = get(p.file, text) + 50; /* a piece of a line */
	if (setrlimit(RLIMIT_FSIZE, &few) == 0) { /* Check writes to a file, too */
		for (int i = 0; i < 3; i++)
			refused += add(&p, "kick", "") < 0;
		(void)setrlimit(RLIMIT_FSIZE, &all);
	}
	ck_assert_int_eq(refused, 3);
	trail_look(p.t, &s);
	ck_assert_uint_eq(s.missed, 3);
	ck_assert_int_eq(add(&p, "stop", ""), 0);
	trail_look(p.t, &s);
	ck_assert_uint_eq(s.missed, 0);
	chain_init(&c);
	ck_assert_int_eq(follow(&c, text, get(p.file, text)), 0);
	ck_assert_uint_eq(c.torn, 1);
	ck_assert_ptr_nonnull(strstr(text, "\"event\":\"missed\",\"lines\":3}"));
	ck_assert_int_eq(trail_sync(p.t, &e), 0);
	end(&p);
}
END_TEST

START_TEST(trail_writes_to_files_only)
{
	struct place p;
	struct trail *t = NULL;
	struct err e;

	begin(&p);
	ck_assert_int_lt(trail_open("/dev/null", &t, &e), 0);
	ck_assert_int_lt(trail_open(p.dir, &t, &e), 0);
	ck_assert_int_eq(symlink("audit.log", p.old), 0);
	ck_assert_int_lt(trail_open(p.old, &t, &e), 0);
	end(&p);
}
END_TEST

CHECK_MAIN("trail", trail_line_is_json_with_the_hash_of_the_line_before,
    chain_names_the_line_after_any_changed_byte, chain_misses_a_line_and_an_order,
    trail_goes_on_after_a_restart_and_in_another_file,
    trail_marks_every_torn_end_and_the_chain_holds, trail_of_nothing_but_a_piece_goes_on,
    trail_marks_what_others_have_written,
    trail_of_two_processes_is_one_chain, trail_cut_by_others_does_not_fit,
    trail_without_room_counts_what_is_missed_and_says_so,
    trail_that_was_removed_is_made_again, trail_writes_to_files_only)
