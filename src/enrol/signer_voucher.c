/* signer_voucher.c — may whoever has this voucher have a certificate?
 *
 * Thread: the only one.
 * Invariant: a certificate leaves here only when its voucher is used, on the disk; so
 * none is good for two. Whose it is, the voucher says, and nothing in the request. */
#include "enrol/signer.h"

#include "base/str.h"
#include "enrol/message.h"
#include "enrol/voucher.h"
#include "pki/vouchers.h"

static int
refuse(struct signer_answer *a, enum enrol_refusal why, int64_t retry_s)
{
	a->why = (uint16_t)why;
	a->retry_s = (uint16_t)retry_s;
	return -1;
}

/* NULL: a says why it is not good. */
static struct voucher *
find(const struct vouchers *all, const struct voucher_request *q,
    struct signer_answer *a, struct err *e)
{
	struct voucher *it = vouchers_find(all, &q->by);

	if (it == NULL) {
		(void)err_set(e, AX_E_NOTFOUND, "there is no such voucher");
		(void)refuse(a, ENROL_VOUCHER, 0);
		return NULL;
	}
	(void)str_copy(a->agent, sizeof(a->agent), it->name);
	a->voucher = it->id;
	if (it->used == 0 && it->until > all->ca->now_s)
		return it;
	(void)err_set(e, AX_E_IDENTITY, "voucher %u %s", (unsigned)it->id,
	    it->used != 0 ? "was used before" : "is over");
	(void)refuse(a, it->used != 0 ? ENROL_VOUCHER_USED : ENROL_VOUCHER_OVER, 0);
	return NULL;
}

/* First the certificate, which nobody sees if the rest fails. */
static int
sign(struct vouchers *all, struct voucher *it, const struct pubkey *key,
    int64_t life_s, struct buf *out, struct err *e)
{
	struct agent_name name;
	struct ca_issued c;
	int r = agent_name_parse(it->name, &name, e);

	if (r == 0)
		r = ca_certify_agent(all->ca, &name, key, life_s, &c, e);
	if (r == 0)
		r = signer_take(&c, out, e);
	return r < 0 ? r : vouchers_use(all, it, e);
}

static int
decide(const struct signer_policy *p, struct signer_rate *rate, struct vouchers *all,
    const struct voucher_request *q, uint64_t now_ns, struct signer_answer *a,
    struct err *e)
{
	struct voucher *it = find(all, q, a, e);
	int64_t retry_s;

	if (it == NULL)
		return -1;
	if (signer_take_turn(p, rate, now_ns, &retry_s, e) < 0)
		return refuse(a, ENROL_SIGNER, retry_s);
	return sign(all, it, &q->key, p->life_s, &a->certificate, e) < 0 ?
	    refuse(a, ENROL_SIGNER, 0) : 0;
}

void
signer_vouch(const struct signer_policy *p, struct signer_rate *rate,
    struct slice request, int64_t now_s, uint64_t now_ns,
    struct signer_answer *out, struct err *e)
{
	struct voucher_request q;
	struct vouchers all;
	struct ca ca;

	*out = (struct signer_answer){ 0 };
	buf_init(&out->certificate);
	if (voucher_read(request, &q, e) < 0) {
		(void)refuse(out, ENROL_MALFORMED, 0);
		return;
	}
	if (ca_open(p->ca, now_s, &ca, e) < 0) {
		(void)refuse(out, ENROL_SIGNER, 0);
		return;
	}
	if (vouchers_open(&ca, &all, e) < 0) {
		(void)refuse(out, ENROL_SIGNER, 0);
	} else {
		if (decide(p, rate, &all, &q, now_ns, out, e) < 0)
			buf_fini(&out->certificate);
		vouchers_close(&all);
	}
	ca_close(&ca);
}
