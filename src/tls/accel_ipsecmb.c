/* accel_ipsecmb.c — AES-128-GCM by intel-ipsec-mb.
 *
 * Thread: an IMB_MGR belongs to one thread (its maintainers say so), so it hangs
 * from the thread's TLS context, and keys point at it.
 * Invariant: a key lives no longer than its manager.                         */
#include "tls/accel.h"

#include <stdlib.h>

#include "base/err.h"
#include "tls/wolf.h"
/* Last: it defines AES_BLOCK_SIZE, which is an enumerator in wolfSSL. */
#include <intel-ipsec-mb.h>

struct accel {
	IMB_MGR *mgr;
};

struct accel_key {
	/* Said here too: the header says so only when LINUX is defined. */
	_Alignas(64) struct gcm_key_data expanded;
	IMB_MGR *mgr;
};

/* Asked of the library: the compiler's own answer is 5 KB. */
static bool
processor_has(uint64_t features)
{
	return (imb_get_feature_flags() & features) == features;
}

bool
accel_prefers_aes(void)
{
	return processor_has(
	    IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ | IMB_FEATURE_SSE4_2);
}

#define WHAT "wolfSSL " LIBWOLFSSL_VERSION_STRING ", AES-GCM by intel-ipsec-mb " \
	IMB_VERSION_STR

const char *
accel_describe(void)
{
	if (!accel_prefers_aes())
		return "wolfSSL " LIBWOLFSSL_VERSION_STRING
		       ", AES-GCM of its own (this processor has no AES)";
	if (processor_has(IMB_FEATURE_AVX512F))
		return processor_has(IMB_FEATURE_VAES) ? WHAT " (VAES)" :
							 WHAT " (AVX512)";
	return processor_has(IMB_FEATURE_AVX2) ? WHAT " (AVX2)" : WHAT;
}

int
accel_new(struct accel **out)
{
	struct accel *a;

	*out = NULL;
	if (!accel_prefers_aes())
		return 0;
	a = calloc(1, sizeof(*a));
	if (a != NULL)
		a->mgr = alloc_mb_mgr(0);
	if (a == NULL || a->mgr == NULL) {
		free(a);
		return AX_E_NOMEM;
	}
	init_mb_mgr_auto(a->mgr, NULL);
	*out = a;
	return 0;
}

void
accel_free(struct accel **a)
{
	if (*a == NULL)
		return;
	free_mb_mgr((*a)->mgr);
	free(*a);
	*a = NULL;
}

int
accel_key_new(
    struct accel *a, const uint8_t key[ACCEL_KEY_LEN], struct accel_key **out)
{
	struct accel_key *k = aligned_alloc(_Alignof(struct accel_key), sizeof(*k));

	if (k == NULL)
		return AX_E_NOMEM;
	k->mgr = a->mgr;
	IMB_AES128_GCM_PRE(k->mgr, key, &k->expanded);
	*out = k;
	return 0;
}

void
accel_key_free(struct accel_key **k)
{
	if (*k == NULL)
		return;
	explicit_bzero(*k, sizeof(**k));
	free(*k);
	*k = NULL;
}

/* The expansion is the processor's, the manager only knows the functions. */
void
accel_key_move(struct accel_key *k, struct accel *a)
{
	k->mgr = a->mgr;
}

void
accel_seal(const struct accel_key *k, const uint8_t nonce[ACCEL_NONCE_LEN],
    struct slice aad, struct slice text, uint8_t last, uint8_t *out)
{
	struct gcm_context_data state;

	IMB_AES128_GCM_INIT(k->mgr, &k->expanded, &state, nonce, aad.p, aad.n);
	IMB_AES128_GCM_ENC_UPDATE(k->mgr, &k->expanded, &state, out, text.p, text.n);
	IMB_AES128_GCM_ENC_UPDATE(
	    k->mgr, &k->expanded, &state, out + text.n, &last, 1);
	IMB_AES128_GCM_ENC_FINALIZE(k->mgr, &k->expanded, &state,
	    out + text.n + 1, ACCEL_TAG_LEN);
}

/* Tells nothing by the time it takes. */
static bool
equal_secret(const uint8_t *a, const uint8_t *b, size_t n)
{
	uint8_t diff = 0;

	for (size_t i = 0; i < n; i++)
		diff |= a[i] ^ b[i];
	return diff == 0;
}

bool
accel_open(const struct accel_key *k, const uint8_t nonce[ACCEL_NONCE_LEN],
    struct slice aad, struct slice sealed, uint8_t *out)
{
	struct gcm_context_data state;
	uint8_t theirs[ACCEL_TAG_LEN], tag[ACCEL_TAG_LEN];
	size_t n = sealed.n - ACCEL_TAG_LEN;

	memcpy(theirs, sealed.p + n, sizeof(theirs));
	IMB_AES128_GCM_DEC(k->mgr, &k->expanded, &state, out, sealed.p, n, nonce,
	    aad.p, aad.n, tag, sizeof(tag));
	if (equal_secret(tag, theirs, sizeof(tag)))
		return true;
	memset(out, 0, n); /* what failed to authenticate is nobody's to read */
	return false;
}
