/* session_affair.c — what two sides talk about besides streams: who offers what,
 * and the one message of each affair that waits for room in the ring.
 *
 * Thread: owner. Pure.
 * Invariant: a message waits only where its affair was agreed.               */
#include "proto/session_impl.h"

#define GAP_NS AX_NS_PER_S

static const uint16_t features_of[AFFAIRS] = {
	[AFFAIR_RENEW] = AX_FEATURE_CERT_RENEW,
	[AFFAIR_TRUST] = AX_FEATURE_TRUST,
	[AFFAIR_EXPOSE] = AX_FEATURE_EXPOSE,
};

void
session_affairs_init(struct session *s, const struct session_args *a)
{
	const bool offered[AFFAIRS] = { a->renews, a->trusts, a->exposes };

	for (int i = 0; i < AFFAIRS; i++)
		s->affairs[i] = (struct affair){ .last_ns = AX_NEVER,
			.agreed = offered[i] };
}

void
session_affairs_fini(struct session *s)
{
	for (int i = 0; i < AFFAIRS; i++)
		parcel_drop(&s->affairs[i].parcel, s->alloc);
}

uint64_t
session_affairs_features(const struct session *s)
{
	uint64_t all = 0;

	for (int i = 0; i < AFFAIRS; i++)
		all |= s->affairs[i].agreed ? features_of[i] : 0;
	return all;
}

void
session_affairs_agree(struct session *s, uint64_t features)
{
	for (int i = 0; i < AFFAIRS; i++)
		s->affairs[i].agreed &= (features & features_of[i]) != 0;
}

int
session_put(struct session *s, int affair, const struct control *c, size_t body)
{
	int r = parcel_put(
	    &s->affairs[affair].parcel, s->alloc, c, AX_CONTROL_MIN + body);

	SESSION_VERIFY(s);
	return r;
}

bool
session_affairs_are_due(const struct session *s)
{
	for (int i = 0; i < AFFAIRS; i++) {
		if (parcel_is_due(&s->affairs[i].parcel, &s->replay))
			return true;
	}
	return false;
}

int
session_affairs_write(struct session *s)
{
	int r = 0;

	for (int i = 0; i < AFFAIRS && r == 0; i++) {
		struct parcel *p = &s->affairs[i].parcel;

		if (parcel_is_due(p, &s->replay))
			r = parcel_write(p, s->alloc, &s->replay);
	}
	return r;
}

bool
session_agreed(struct session *s, int affair)
{
	return s->affairs[affair].agreed ||
	    session_violated(s, AX_WIRE_PROTOCOL, "a message that was not agreed");
}

void
session_paced(struct session *s, int affair)
{
	struct affair *a = &s->affairs[affair];

	if (a->last_ns != AX_NEVER && s->now_ns - a->last_ns < GAP_NS)
		session_oddity(s, GLITCH_HASTY);
	a->last_ns = s->now_ns;
}

void
session_affairs_frost(struct session *s, struct frost *f)
{
	for (int i = 0; i < AFFAIRS; i++) {
		struct affair *a = &s->affairs[i];

		frost_bool(f, &a->agreed);
		frost_u64(f, &a->last_ns);
		parcel_frost(&a->parcel, s->alloc, f);
		frost_require(f, a->parcel.len == 0 || a->agreed);
	}
}

void
session_affairs_check(const struct session *s)
{
	for (int i = 0; i < AFFAIRS; i++)
		ax_assert(s->affairs[i].parcel.frame == NULL || s->affairs[i].agreed);
}
