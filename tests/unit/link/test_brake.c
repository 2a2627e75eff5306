/* Tests of link/brake.c: bytes that pass in a time, never more than may; and all of
 * them in the end. The least is not looked at: a slow machine is not wrong. */
#include "link/brake.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "link/splice.h"

#include "world.h"

#include "../check_main.h"

#define RATE (512u << 10)
#define BYTES (1u << 20)
/* What a stream moves at once, at both ends, and its window, which grows at first. */
#define SLACK (2 * (RATE / 16) + (256u << 10))

struct braked {
	struct flow *f;
	struct brake brake;
	struct brake_rates tenant, service;
};

static struct world w;
static struct braked *current;
static struct splice_ops ops;

static struct brake *
its_brake(struct splice *s)
{
	ck_assert_ptr_eq(s, &current->f->relay.splice);
	return &current->brake;
}

static void
begin(struct braked *b)
{
	*b = (struct braked){ .f = world_flow(&w) };
	b->brake.rates[0] = &b->tenant;
	b->brake.rates[1] = &b->service;
	current = b;
	ops = *b->f->relay.splice.ops;
	ops.brake = its_brake;
	b->f->relay.splice.ops = &ops;
	brake_on(&b->brake, &b->f->relay.splice);
}

/* Writes and reads as much as goes, for as long as it is less than n. Nobody may
 * have got more than the rate allows. */
static void
pump(int from, int to, size_t n, uint64_t rate)
{
	static uint8_t mem[BYTES];
	uint64_t began = clock_mono_ns(), elapsed;
	size_t out = 0, in = 0;
	ssize_t r;

	while (in < n) {
		r = out < n ? send(from, mem, n - out, MSG_DONTWAIT) : 0;
		out += r > 0 ? (size_t)r : 0;
		loop_turn(w.loop, 5 * AX_NS_PER_MS);
		r = recv(to, mem, sizeof(mem), MSG_DONTWAIT);
		ck_assert(r > 0 || (r < 0 && errno == EAGAIN));
		in += r > 0 ? (size_t)r : 0;
		elapsed = clock_mono_ns() - began + BUCKET_BURST_NS;
		if (rate != 0)
			ck_assert_uint_le(in, rate * (elapsed / 1000) / 1000000 + SLACK);
		ck_assert_uint_le(elapsed, 60 * AX_NS_PER_S);
	}
}

START_TEST(a_socket_is_read_no_faster)
{
	struct braked b;

	world_up(&w);
	begin(&b);
	bucket_set(&b.service.up, RATE);
	pump(b.f->app, b.f->service, BYTES, RATE);
	pump(b.f->service, b.f->app, BYTES, 0);
	world_fini(&w);
	ck_assert_ptr_null(b.brake.splice);
}
END_TEST

START_TEST(credit_is_given_no_faster)
{
	struct braked b;

	world_up(&w);
	begin(&b);
	bucket_set(&b.tenant.down, RATE);
	/* The first window is there already. */
	pump(b.f->service, b.f->app, BYTES, RATE);
	pump(b.f->app, b.f->service, BYTES, 0);
	world_fini(&w);
}
END_TEST

START_TEST(the_slower_of_two_rates_counts)
{
	struct braked b;

	world_up(&w);
	begin(&b);
	bucket_set(&b.tenant.up, 1 << 30);
	bucket_set(&b.service.up, RATE);
	pump(b.f->app, b.f->service, BYTES, RATE);
	world_fini(&w);
}
END_TEST

START_TEST(without_its_brake_a_stream_goes_on)
{
	static uint8_t mem[BYTES];
	struct braked b;
	size_t n = 0;
	ssize_t r;

	world_up(&w);
	begin(&b);
	/* A piece takes a second; the rest would take minutes. */
	bucket_set(&b.tenant.up, 1024);
	bucket_set(&b.tenant.down, 1024);
	ck_assert_int_gt(send(b.f->app, mem, 16 << 10, MSG_DONTWAIT), 0);
	ck_assert_int_gt(send(b.f->service, mem, 64 << 10, MSG_DONTWAIT), 0);
	for (int i = 0; i < 50; i++)
		loop_turn(w.loop, AX_NS_PER_MS);
	ck_assert(b.brake.up_ns != 0 && b.brake.owed > 0);
	brake_off(&b.brake);
	ck_assert(!brake_is_on(&b.brake));
	for (uint64_t began = clock_mono_ns(); n < 16 << 10;) {
		loop_turn(w.loop, AX_NS_PER_MS);
		r = recv(b.f->service, mem, sizeof(mem), MSG_DONTWAIT);
		n += r > 0 ? (size_t)r : 0;
		ck_assert_uint_lt(clock_mono_ns() - began, 10 * AX_NS_PER_S);
	}
	for (n = 0; n < 64 << 10;) {
		loop_turn(w.loop, AX_NS_PER_MS);
		r = recv(b.f->app, mem, sizeof(mem), MSG_DONTWAIT);
		n += r > 0 ? (size_t)r : 0;
	}
	world_fini(&w);
}
END_TEST

START_TEST(a_braked_stream_ends_in_order)
{
	struct braked b;
	uint8_t got[5];

	world_up(&w);
	begin(&b);
	bucket_set(&b.tenant.up, 4096);
	bucket_set(&b.tenant.down, 4096);
	world_write(&w, b.f->app, "hello", 5);
	world_read(&w, b.f->service, got, 5);
	(void)shutdown(b.f->app, SHUT_WR);
	(void)shutdown(b.f->service, SHUT_WR);
	world_until(&w, &b.f->relay.closed, 1);
	ck_assert_uint_eq(b.f->relay.code, 0);
	ck_assert_ptr_null(b.brake.splice);
	world_fini(&w);
}
END_TEST

CHECK_MAIN("link/brake", a_socket_is_read_no_faster, credit_is_given_no_faster,
    the_slower_of_two_rates_counts, without_its_brake_a_stream_goes_on,
    a_braked_stream_ends_in_order)
