/* crl.c — the signed part of a revocation list.
 *
 * Thread: any.
 * Invariant: always version 2 with a number, because a list without one cannot
 * be told from an older one that an attacker kept.                           */
#include "pki/crl.h"

static const uint8_t oid_number[] = {DER_OID, 3, 0x55, 0x1d, 20};

#define ENTRY_MAX 40 /* 2 + (2 + 16) + (2 + 15), rounded */

size_t
crl_tbs_max(size_t n_entries)
{
	return 512 + CERT_NAME_MAX + n_entries * ENTRY_MAX;
}

static void
write_extensions(struct der_out *o, const struct crl_args *a)
{
	size_t mark = der_out_mark(o);

	der_out_u64(o, a->number);
	cert_wrap_extension(o, SLICE_OF_ARRAY(oid_number), false, mark);
	cert_write_akid(o, a->issuer_key);
	der_out_wrap(o, DER_SEQUENCE, mark);
	der_out_wrap(o, DER_CONTEXT_CONS(0), mark);
}

/* RFC 5280 5.1.2.6: absent, not empty, when nothing is revoked. */
static void
write_entries(struct der_out *o, const struct crl_args *a)
{
	size_t all = der_out_mark(o), mark;

	if (a->n_entries == 0)
		return;
	for (size_t i = a->n_entries; i-- > 0;) {
		mark = der_out_mark(o);
		der_out_time(o, a->entries[i].revoked);
		der_out_uint(o, SLICE_OF_ARRAY(a->entries[i].serial));
		der_out_wrap(o, DER_SEQUENCE, mark);
	}
	der_out_wrap(o, DER_SEQUENCE, all);
}

void
crl_write_tbs(struct der_out *o, const struct crl_args *a)
{
	size_t mark = der_out_mark(o);

	write_extensions(o, a);
	write_entries(o, a);
	der_out_time(o, a->next_update);
	der_out_time(o, a->this_update);
	der_out_bytes(o, a->issuer);
	der_out_bytes(o, key_signature_algorithm(a->issuer_key->type));
	der_out_u64(o, 1); /* v2 */
	der_out_wrap(o, DER_SEQUENCE, mark);
}
