/* test_frost.c — one description, both ways. */
#include "base/frost.h"
#include "../check_main.h"

struct record {
	uint8_t a;
	uint16_t b;
	uint32_t c;
	uint64_t d;
	bool yes, no;
	char text[8];
	uint8_t raw[3];
	int fd;
};

static void
describe(struct frost *f, struct record *r)
{
	frost_u8(f, &r->a);
	frost_u16(f, &r->b);
	frost_u32(f, &r->c);
	frost_u64(f, &r->d);
	frost_bool(f, &r->yes);
	frost_bool(f, &r->no);
	frost_text(f, r->text, sizeof(r->text));
	frost_copy(f, r->raw, sizeof(r->raw));
	frost_fd(f, &r->fd);
	frost_require(f, r->b < 1000);
}

static const struct record sample = { 1, 513, 0xfffffffe, UINT64_MAX - 1, true, false,
	"seven77", { 7, 8, 9 }, 42 };

static void
write_sample(struct buf *out, struct buf *fds)
{
	struct record r = sample;
	struct frost f;

	buf_init(out);
	buf_init(fds);
	frost_write(&f, out, fds);
	describe(&f, &r);
	ck_assert(!f.bad && !frost_reads(&f));
	ck_assert_uint_eq(r.d, sample.d);
}

START_TEST(frost_reads_what_it_wrote)
{
	struct record r = { .a = 99 };
	struct buf out, fds;
	struct frost f;

	write_sample(&out, &fds);
	ck_assert_uint_eq(buf_slice(&out).p[1], 2); /* the first byte first */
	frost_read(&f, buf_slice(&out), &fds);
	describe(&f, &r);
	ck_assert(frost_is_done(&f));
	ck_assert_uint_eq(r.a, 1);
	ck_assert_uint_eq(r.b, 513);
	ck_assert_uint_eq(r.c, 0xfffffffe);
	ck_assert_uint_eq(r.d, UINT64_MAX - 1);
	ck_assert(r.yes && !r.no);
	ck_assert_str_eq(r.text, "seven77");
	ck_assert_uint_eq(r.raw[2], 9);
	ck_assert_int_eq(r.fd, 42);
	ck_assert_uint_eq(buf_len(&fds), 0);
	buf_fini(&out);
	buf_fini(&fds);
}
END_TEST

START_TEST(frost_notices_what_is_missing)
{
	struct buf out, fds, none;
	struct record r;
	struct frost f;

	write_sample(&out, &fds);
	buf_init(&none);
	for (size_t n = 0; n < buf_len(&out); n++) {
		frost_read(&f, slice_of(buf_slice(&out).p, n), &none);
		describe(&f, &r);
		ck_assert(f.bad && !frost_is_done(&f));
		ck_assert_int_eq(r.fd, -1);
	}
	frost_read(&f, buf_slice(&out), &none);
	describe(&f, &r); /* all bytes, and no descriptor */
	ck_assert(f.bad);
	ck_assert_int_eq(buf_append(&out, "", 1), 0);
	frost_read(&f, buf_slice(&out), &fds);
	describe(&f, &r);
	ck_assert(!f.bad && !frost_is_done(&f)); /* and one byte too many */
	buf_fini(&out);
	buf_fini(&fds);
}
END_TEST

START_TEST(frost_believes_no_odd_value)
{
	static const struct {
		size_t at;
		uint8_t value;
	} odd[] = {
		{ 1, 0xff },	/* b, beyond what is required */
		{ 15, 2 },	/* a bool */
		{ 18, 8 },	/* a text longer than its place */
		{ 20, '\0' },	/* a text that ends early */
	};
	struct buf out, fds;
	struct record r;
	struct frost f;

	for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
		write_sample(&out, &fds);
		out.mem[odd[i].at] = odd[i].value;
		frost_read(&f, buf_slice(&out), &fds);
		describe(&f, &r);
		ck_assert(f.bad);
		buf_fini(&out);
		buf_fini(&fds);
	}
}
END_TEST

CHECK_MAIN("frost", frost_reads_what_it_wrote, frost_notices_what_is_missing,
    frost_believes_no_odd_value)
