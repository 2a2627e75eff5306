/* link_freeze.c — a link from one process to the next, while it has no connection:
 * TLS has nothing to carry then.
 *
 * Thread: the loop's; boot, for the one that reads.
 * Invariant: what is written stays as it is, so that the writer can go on if
 * nobody reads it. What was read in part is never served.                    */
#include "base/assert.h"
#include "base/clock.h"
#include "link/pump.h"
#include "proto/session_freeze.h"

static bool
is_whole_address(const struct addr *a)
{
	switch (a->u.sa.sa_family) {
	case AF_INET:
		return a->len == sizeof(a->u.in);
	case AF_INET6:
		return a->len == sizeof(a->u.in6);
	default:
		return false;
	}
}

static void
address(struct frost *f, struct addr *a)
{
	uint32_t n = a->len;

	frost_u32(f, &n);
	frost_require(f, n <= sizeof(a->u));
	if (f->bad)
		return;
	frost_copy(f, &a->u, n);
	a->len = n;
	frost_require(f, is_whole_address(a));
}

static void
identity(struct frost *f, struct tls_peer *p)
{
	uint8_t key = (uint8_t)p->id.key;
	uint64_t from = (uint64_t)p->id.not_before;
	uint64_t until = (uint64_t)p->id.not_after;

	frost_text(f, p->id.tenant, sizeof(p->id.tenant));
	frost_text(f, p->id.agent, sizeof(p->id.agent));
	frost_text(f, p->id.issued_by, sizeof(p->id.issued_by));
	frost_u8(f, &key);
	frost_u8(f, &p->id.serial_len);
	frost_copy(f, p->id.serial, sizeof(p->id.serial));
	frost_u64(f, &from);
	frost_u64(f, &until);
	frost_copy(f, p->spki_sha256, sizeof(p->spki_sha256));
	frost_require(f, key <= IDENTITY_P256 &&
	    p->id.serial_len <= sizeof(p->id.serial));
	p->id.key = (enum identity_key)key;
	p->id.not_before = (int64_t)from;
	p->id.not_after = (int64_t)until;
}

static void
describe(struct link *l, struct frost *f)
{
	identity(f, &l->proven);
	address(f, &l->peer);
	frost_copy(f, &l->keys, sizeof(l->keys));
	frost_u64(f, &l->up_since_ns);
	frost_u64(f, &l->away_ns);
	frost_u64(f, &l->worked);
	frost_require(f, l->away_ns != 0);
}

bool
link_is_freezable(const struct link *l)
{
	return l->state == LINK_AWAY && session_is_freezable(l->session);
}

void
link_freeze(struct link *l, struct frost *f)
{
	uint64_t n = 0;
	struct list *e;

	ax_assert(!l->pumping && link_is_freezable(l));
	describe(l, f);
	splice_settle_all(l);
	session_freeze(l->session, f);
	list_foreach(e, &l->splices)
		n++;
	frost_u64(f, &n);
	list_foreach(e, &l->splices)
		splice_freeze(container_of(e, struct splice, link_entry), f);
}

static int
thaw_splices(struct link *l, struct frost *f)
{
	uint64_t n;
	int r = 0;

	frost_u64(f, &n);
	if (f->bad || n != session_handles(l->session))
		return AX_E_SYNTAX;
	for (; n > 0 && r == 0; n--) {
		struct splice *s = l->ops->thaw(l, f);

		r = s == NULL ? AX_E_SYNTAX : splice_thaw(s, l, f);
	}
	return r;
}

int
link_thaw(const struct link_args *a, const struct session_args *s, struct frost *f,
    struct link **out)
{
	struct link *l = link_alloc(a);
	int r;

	if (l == NULL)
		return AX_E_NOMEM;
	*out = l; /* the owner of splices may ask who is his */
	l->state = LINK_AWAY;
	l->gate_ns = AX_NEVER;
	l->cipher = "";
	l->alloc = s->alloc;
	describe(l, f);
	r = f->bad ? AX_E_SYNTAX :
	    session_thaw(s, f, clock_mono_ns(), &l->session); /* the loop stands */
	if (r == 0)
		r = thaw_splices(l, f);
	if (r == 0)
		share_defer(l->share, &l->pump);
	return r;
}
