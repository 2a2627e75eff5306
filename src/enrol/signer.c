/* signer.c — may this agent have another certificate?
 *
 * Thread: the only one.
 * Invariant: nothing is signed but for the agent of a certificate that this CA has
 * made, that is in its database and not revoked there, and whose key has signed
 * the request.                                                               */
#include "enrol/signer.h"

#include <stdio.h>

#include "atlax/error.h"
#include "parse/cert_walk.h"
#include "pki/ca.h"
#include "pki/issuer.h"
#include "pki/pem.h"
#include "pki/renewal.h"

#define MINUTE_NS (60 * AX_NS_PER_S)

static int
refuse(struct signer_answer *a, enum ax_renew_refusal why, int64_t retry_s)
{
	a->why = (uint16_t)why;
	a->retry_s = (uint16_t)MIN(retry_s, (int64_t)UINT16_MAX);
	return -1;
}

/* Its row in the database, or NULL: then a says why. */
static const struct db_row *
find(const struct ca *ca, const struct renewal *q, struct signer_answer *a,
    struct err *e)
{
	const struct db_row *row = q->id.serial_len != CERT_SERIAL_LEN ? NULL :
	    ca_find(ca, q->id.serial);

	if (row == NULL || row->kind != CERT_AGENT ||
	    strcmp(row->names, a->agent) != 0)
		(void)err_set(e, AX_E_NOTFOUND, "the CA has not issued it");
	else if (row->revoked != 0)
		(void)err_set(e, AX_E_IDENTITY, "it is revoked");
	else if (row->not_before > ca->now_s)
		(void)err_set(e, AX_E_IDENTITY, "it is not valid yet");
	else
		return row;
	(void)refuse(a, AX_RENEW_UNKNOWN, 0);
	return NULL;
}

/* The serial alone proves nothing: whoever has seen a certificate knows it. *old: it
 * is of a CA that goes.                                                      */
static int
check_genuine(struct ca *ca, const struct renewal *q, bool *old,
    struct signer_answer *a, struct err *e)
{
	int r = issuer_which(ca, CERT_AGENT_CA, q->certificate, e);

	*old = r > 0;
	if (r >= 0)
		return 0;
	return r == AX_E_IDENTITY ? refuse(a, AX_RENEW_UNKNOWN, 0) :
				    refuse(a, AX_RENEW_FAILED, 60);
}

/* Whoever renews in the first half of a life wants something else. */
static int
check_age(const struct ca *ca, const struct db_row *row, struct signer_answer *a,
    struct err *e)
{
	int64_t half = row->not_before + (row->not_after - row->not_before) / 2;

	if (ca->now_s >= half)
		return 0;
	(void)err_set(e, AX_E_AGAIN, "less than half of its life is over");
	return refuse(a, AX_RENEW_EARLY, half - ca->now_s);
}

/* Was it made before that one had expired? Then nobody needed to be late. */
static bool
was_in_time(const struct db_row *later, const struct db_row *row)
{
	/* The same measure as in issuer_sign; or less, for who was revoked. */
	int64_t made = later->not_before +
	    MIN((int64_t)CA_BACKDATE_S,
		(later->not_after - later->not_before) / (CA_BACKDATE_PART + 1));

	return made <= row->not_after;
}

/* Of a machine that was off: not for long, not with what it had before its last
 * certificate, which a backup may hold, and not again and again.             */
static int
check_grace(const struct signer_policy *p, const struct ca *ca,
    const struct db_row *row, struct signer_answer *a, struct err *e)
{
	int64_t life = row->not_after - row->not_before;
	unsigned late = 0;

	if (ca->now_s <= row->not_after)
		return 0;
	if (ca->now_s - row->not_after > MIN(p->grace_s, life)) {
		(void)err_set(e, AX_E_IDENTITY, "it has expired for too long");
		return refuse(a, AX_RENEW_LATE, 0);
	}
	for (const struct db_row *r = row + 1; r < ca->db.rows + ca->db.n; r++) {
		if (r->kind != CERT_AGENT || strcmp(r->names, row->names) != 0)
			continue;
		if (was_in_time(r, row)) {
			(void)err_set(e, AX_E_IDENTITY, "another has followed it "
			    "before it expired");
			return refuse(a, AX_RENEW_LATE, 0);
		}
		late++;
	}
	if (late < SIGNER_LATE_MAX)
		return 0;
	(void)err_set(e, AX_E_LIMIT, "%u have followed it already", late);
	return refuse(a, AX_RENEW_LATE, 0);
}

int
signer_take_turn(const struct signer_policy *p, struct signer_rate *rate,
    uint64_t now_ns, int64_t *retry_s, struct err *e)
{
	if (now_ns - rate->minute_ns >= MINUTE_NS)
		*rate = (struct signer_rate){ .minute_ns = now_ns };
	if (rate->made < p->rate) {
		rate->made++;
		return 0;
	}
	*retry_s = 1 + (int64_t)((MINUTE_NS - (now_ns - rate->minute_ns)) / AX_NS_PER_S);
	return err_set(e, AX_E_LIMIT, "%u were made in this minute", rate->made);
}

static int
take_turn(const struct signer_policy *p, struct signer_rate *rate, uint64_t now_ns,
    struct signer_answer *a, struct err *e)
{
	int64_t retry_s;

	return signer_take_turn(p, rate, now_ns, &retry_s, e) == 0 ? 0 :
	    refuse(a, AX_RENEW_BUSY, retry_s);
}

int
signer_take(struct ca_issued *c, struct buf *out, struct err *e)
{
	uint8_t der[CERT_MAX];
	size_t n;
	int r = pem_read(buf_slice(&c->pem), PEM_CERTIFICATE, der, sizeof(der), &n, e);

	buf_fini(&c->pem);
	if (r == 0 && buf_append(out, der, n) < 0)
		r = err_set(e, AX_E_NOMEM, "out of memory");
	return r;
}

static int
sign(struct ca *ca, const struct db_row *row, const struct renewal *q,
    int64_t life_s, struct buf *out, struct err *e)
{
	struct ca_issued c;
	int r = ca_renew_agent(ca, row, &q->key, life_s, &c, e);

	return r < 0 ? r : signer_take(&c, out, e);
}

static int
decide(const struct signer_policy *p, struct signer_rate *rate, struct ca *ca,
    const struct renewal *q, uint64_t now_ns, struct signer_answer *a,
    struct err *e)
{
	const struct db_row *row = find(ca, q, a, e);
	bool old;

	if (row == NULL || check_genuine(ca, q, &old, a, e) < 0 ||
	    (!old && check_age(ca, row, a, e) < 0) ||
	    check_grace(p, ca, row, a, e) < 0 || take_turn(p, rate, now_ns, a, e) < 0)
		return -1;
	return sign(ca, row, q, p->life_s, &a->certificate, e) < 0 ?
	    refuse(a, AX_RENEW_FAILED, 60) : 0;
}

void
signer_decide(const struct signer_policy *p, struct signer_rate *rate,
    struct slice request, int64_t now_s, uint64_t now_ns,
    struct signer_answer *out, struct err *e)
{
	struct renewal q;
	struct ca ca;
	int r = renewal_read(request, &q, e);

	*out = (struct signer_answer){ 0 };
	buf_init(&out->certificate);
	if (r < 0) {
		(void)refuse(out, r == AX_E_PEER ? AX_RENEW_FOREIGN :
						   AX_RENEW_MALFORMED, 0);
		return;
	}
	(void)snprintf(out->agent, sizeof(out->agent), "%s%s%s", q.id.tenant,
	    q.id.agent[0] == '\0' ? "" : "/", q.id.agent);
	if (ca_open(p->ca, now_s, &ca, e) < 0) {
		(void)refuse(out, AX_RENEW_FAILED, 60);
		return;
	}
	if (decide(p, rate, &ca, &q, now_ns, out, e) < 0)
		buf_fini(&out->certificate);
	ca_close(&ca);
}
