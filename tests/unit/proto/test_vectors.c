/* Tests of tests/vectors against the code and against doc/PROTOCOL. */
#include <ctype.h>

#include "proto/control.h"
#include "proto/deframe.h"

#include "vectors.h"

static const char *const files[] = { "frames.txt", "handshake.txt",
	"streams.txt", "session.txt" };

/* What we make of the bytes, fed in pieces of n. */
static const char *
judge(const struct vector *v, size_t n)
{
	struct deframer d;
	struct control c;
	struct frame f;
	uint16_t code = AX_WIRE_NO_ERROR;
	const char *verdict = "incomplete";

	deframer_init(&d, alloc_libc(), AX_FRAME_MAX);
	for (size_t at = 0; at < v->len && code == 0; at += n) {
		deframer_feed(&d, slice_of(v->bytes + at, MIN(n, v->len - at)));
		if (!deframer_next(&d, &f, &code))
			continue;
		verdict = "ok";
		if (f.id == AX_STREAM_CONTROL) {
			code = control_get(&c, f.body);
			if (!c.known)
				verdict = "skip";
		}
	}
	deframer_drop(&d);
	if (code == AX_WIRE_FRAME_SIZE)
		return "frame-size";
	return code == AX_WIRE_PROTOCOL ? "protocol" : verdict;
}

START_TEST(vectors_are_judged_as_they_say)
{
	FILE *f = vectors_open("tests/vectors", files[_i]);
	struct vector v;
	size_t n = 0;

	for (; vectors_next(f, &v); n++) {
		ck_assert_msg(strcmp(judge(&v, v.len), v.verdict) == 0,
		    "%s: %s, not %s", v.name, judge(&v, v.len), v.verdict);
		ck_assert_msg(strcmp(judge(&v, 1), v.verdict) == 0,
		    "%s, byte by byte: %s, not %s", v.name, judge(&v, 1),
		    v.verdict);
	}
	ck_assert_uint_ge(n, 7);
	fclose(f);
}
END_TEST

/* TLVs that we skip are not kept. */
static bool
is_lossy(const struct vector *v)
{
	return strcmp(v->name, "hello-unknown-tlv") == 0 ||
	    strcmp(v->name, "open-tlvs") == 0;
}

START_TEST(vectors_are_written_as_they_were_read)
{
	FILE *f = vectors_open("tests/vectors", files[_i]);
	uint8_t out[VECTOR_MAX];
	struct vector v;
	struct control c;
	struct writer w;

	while (vectors_next(f, &v)) {
		if (strcmp(v.verdict, "ok") != 0 || v.bytes[3] != 0 ||
		    is_lossy(&v))
			continue;
		ck_assert_uint_eq(
		    control_get(&c, slice_of(v.bytes + 8, v.len - 8)), 0);
		writer_init(&w, out, sizeof(out));
		control_put(&w, &c);
		ck_assert(!w.bad);
		ck_assert_msg(writer_len(&w) == v.len &&
			memcmp(out, v.bytes, v.len) == 0,
		    "%s was written differently", v.name);
	}
	fclose(f);
}
END_TEST

/* Cut there it is a shorter message of the same kind. */
static bool
may_end_at(const struct vector *v, size_t n)
{
	uint8_t type = v->bytes[8];

	return (type == AX_CTL_CLOSE && n >= 6) ||
	    ((type == AX_CTL_RENEW || type == AX_CTL_TRUST) && n > 4) ||
	    (type == AX_CTL_CERTIFICATE && n > 8);
}

START_TEST(vectors_cut_short_are_refused)
{
	FILE *f = vectors_open("tests/vectors", files[_i]);
	struct vector v;
	struct control c;

	while (vectors_next(f, &v)) {
		if (strcmp(v.verdict, "ok") != 0 || v.bytes[3] != 0)
			continue;
		for (size_t n = 0; n < v.len - 8; n++) {
			if (may_end_at(&v, n))
				break;
			ck_assert_msg(
			    control_get(&c, slice_of(v.bytes + 8, n)) != 0,
			    "%s, cut to %zu bytes, was taken", v.name, n);
		}
	}
	fclose(f);
}
END_TEST

START_TEST(vectors_stand_in_the_document)
{
	FILE *f = vectors_open("doc", "PROTOCOL");
	char *doc = calloc(1, 1 << 20);
	struct vector v;
	size_t n = 0;
	int c;

	ck_assert_ptr_nonnull(doc);
	while ((c = getc(f)) != EOF && n < (1 << 20) - 1)
		if (!isspace(c))
			doc[n++] = (char)c;
	fclose(f);
	f = vectors_open("tests/vectors", files[_i]);
	while (vectors_next(f, &v)) {
		ck_assert_msg(strstr(doc, v.hex) != NULL,
		    "%s is not in doc/PROTOCOL", v.name);
		ck_assert_msg(strstr(doc, v.name) != NULL,
		    "the name %s is not in doc/PROTOCOL", v.name);
	}
	fclose(f);
	free(doc);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("vectors");
	TCase *tc = tcase_create("vectors");
	SRunner *sr = srunner_create(s);
	int n = (int)ARRAY_LEN(files), failed;

	tcase_add_loop_test(tc, vectors_are_judged_as_they_say, 0, n);
	tcase_add_loop_test(tc, vectors_are_written_as_they_were_read, 0, n);
	tcase_add_loop_test(tc, vectors_cut_short_are_refused, 0, n);
	tcase_add_loop_test(tc, vectors_stand_in_the_document, 0, n);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
