/* test_message.c — enrolment's messages; the bytes are those of doc/ENROLMENT. */
#include "enrol/message.h"

#include "../check_main.h"

static struct slice
name_of(const char *s)
{
	return slice_str(s);
}

static void
same(const struct enrol_message *m, const char *bytes, size_t n)
{
	struct enrol_message back;
	struct buf b;
	size_t used;

	buf_init(&b);
	ck_assert_int_eq(enrol_write(m, &b), 0);
	ck_assert_uint_eq(buf_len(&b), n);
	ck_assert_mem_eq(buf_slice(&b).p, bytes, n);
	for (size_t cut = 0; cut < n; cut++)
		ck_assert_int_eq(enrol_parse(slice_of(bytes, cut), &back, &used,
				     NULL), AX_E_AGAIN);
	ck_assert_int_eq(enrol_parse(buf_slice(&b), &back, &used, NULL), 0);
	ck_assert_uint_eq(used, n);
	ck_assert_int_eq((int)back.type, (int)m->type);
	ck_assert(slice_eq(back.name, m->name) && slice_eq(back.der, m->der));
	ck_assert_uint_eq(back.wait_s, m->wait_s);
	ck_assert_uint_eq(back.port, m->port);
	ck_assert_uint_eq(back.why, m->why);
	ck_assert_uint_eq(back.retry_s, m->retry_s);
	buf_fini(&b);
}

START_TEST(message_has_the_bytes_of_the_document)
{
	same(&(struct enrol_message){ .type = ENROL_REQUEST, .name = name_of("nas"),
		 .der = name_of("DER") }, "\1\0\10\1\3nasDER", 11);
	same(&(struct enrol_message){ .type = ENROL_REQUEST, .der = name_of("D") },
	    "\1\0\3\1\0D", 6);
	same(&(struct enrol_message){ .type = ENROL_WAIT, .wait_s = 1800 },
	    "\2\0\4\0\0\7\10", 7);
	same(&(struct enrol_message){ .type = ENROL_CERTIFICATE, .port = 8443,
		 .der = name_of("DER") }, "\3\0\5\x20\xfb" "DER", 8);
	same(&(struct enrol_message){ .type = ENROL_REFUSED, .why = ENROL_RATE,
		 .retry_s = 1 }, "\4\0\3\6\0\1", 6);
	same(&(struct enrol_message){ .type = ENROL_RENEW, .der = name_of("ask") },
	    "\5\0\3ask", 6);
	same(&(struct enrol_message){ .type = ENROL_VOUCHED, .der = name_of("ask") },
	    "\6\0\3ask", 6);
}
END_TEST

START_TEST(message_is_refused_when_malformed)
{
	static const struct {
		const char *bytes;
		size_t n;
	} bad[] = {
		{ "\0\0\0", 3 }, { "\5\0\0", 3 }, { "\6\0\0", 3 },
		{ "\7\0\0", 3 }, { "\377\0\0", 3 },
		{ "\1\20\0", 3 },	     /* 4099 bytes */
		{ "\1\0\3\2\0D", 6 },	     /* another version */
		{ "\1\0\2\1\0", 5 },	     /* nothing to sign */
		{ "\1\0\4\1\3na", 7 },	     /* a name past the end */
		{ "\1\0\5\1\2N\nD", 8 },     /* no label */
		{ "\2\0\3\0\0\0", 6 }, { "\2\0\5\0\0\0\0\0", 8 },
		{ "\3\0\2\0\1", 5 }, { "\3\0\1\0", 4 },
		{ "\4\0\3\0\0\1", 6 }, { "\4\0\2\1\0", 5 },
		{ "\4\0\4\1\0\1\0", 7 },
	};
	struct enrol_message m;
	struct err e;
	size_t used;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ck_assert_msg(enrol_parse(slice_of(bad[i].bytes, bad[i].n), &m,
				  &used, &e) == AX_E_PEER, "%zu", i);
}
END_TEST

START_TEST(message_is_never_longer_than_it_may_be)
{
	static uint8_t der[ENROL_MESSAGE_MAX];
	struct enrol_message m = { .type = ENROL_CERTIFICATE,
		.der = slice_of(der, ENROL_MESSAGE_MAX - ENROL_HEAD - 2) };
	struct enrol_message back;
	struct buf b;
	size_t used;

	buf_init(&b);
	ck_assert_int_eq(enrol_write(&m, &b), 0);
	ck_assert_uint_eq(buf_len(&b), ENROL_MESSAGE_MAX);
	ck_assert_int_eq(enrol_parse(buf_slice(&b), &back, &used, NULL), 0);
	m.der.n++;
	ck_assert_int_eq(enrol_write(&m, &b), AX_E_LIMIT);
	ck_assert_uint_eq(buf_len(&b), ENROL_MESSAGE_MAX);
	buf_fini(&b);
}
END_TEST

CHECK_MAIN("message", message_has_the_bytes_of_the_document,
    message_is_refused_when_malformed, message_is_never_longer_than_it_may_be)
