/* accel_ipsecmb.c — AES-GCM by intel-ipsec-mb, through wolfSSL's crypto callback.
 *
 * The callback is handed an Aes object with the raw key in it and nothing that
 * leads to a connection; wolfSSL 5.5.4 has no callback for freeing an Aes, and
 * wc_AesInit clears devCtx at every change of keys. So the connection says
 * before each call into the library whose keys these are (accel_enter), and a
 * slot is valid exactly as long as its raw key is the one in the Aes: expanding
 * a key costs less than a microsecond, a stale one would cost everything.
 *
 * Thread: any; what changes is in one _Thread_local, the only one in atlax,
 * since wolfSSL's callback has one context for all threads.                  */
#include "tls/accel.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "tls/wolf.h"
/* Last: it defines AES_BLOCK_SIZE, which is an enumerator in wolfSSL. */
#include <intel-ipsec-mb.h>

#define DEVICE 0x41544c58
#define NONCE_LEN 12
#define TAG_LEN 16
#define KEY_MAX 32

struct slot {
	/* Said here too: the header says so only when LINUX is defined. */
	_Alignas(64) struct gcm_key_data expanded;
	uint8_t raw[KEY_MAX];
	uint32_t raw_len; /* 0: empty */
};

struct accel_keys {
	struct slot seal, open;
};

static _Thread_local struct {
	IMB_MGR *mgr;
	struct accel_keys *keys;
} here;

static bool
cpu_is_able(void)
{
	return __builtin_cpu_supports("aes") &&
	    __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.2");
}

static IMB_MGR *
manager(void)
{
	if (here.mgr == NULL) {
		here.mgr = alloc_mb_mgr(0);
		if (here.mgr != NULL)
			init_mb_mgr_auto(here.mgr, NULL);
	}
	return here.mgr;
}

/* Tells nothing by the time it takes. */
static bool
equal_secret(const uint8_t *a, const uint8_t *b, size_t n)
{
	uint8_t diff = 0;
	size_t i;

	for (i = 0; i < n; i++)
		diff |= a[i] ^ b[i];
	return diff == 0;
}

static void
expand(IMB_MGR *mgr, struct slot *s, const uint8_t *key, uint32_t len)
{
	if (len == 16)
		IMB_AES128_GCM_PRE(mgr, key, &s->expanded);
	else
		IMB_AES256_GCM_PRE(mgr, key, &s->expanded);
	memcpy(s->raw, key, len);
	s->raw_len = len;
}

/* The expanded key for this Aes, or NULL when we are not the ones to do it. */
static const struct gcm_key_data *
key_for(IMB_MGR *mgr, struct slot *s, const Aes *aes)
{
	const uint8_t *raw = (const uint8_t *)aes->devKey;
	uint32_t len = (uint32_t)aes->keylen;

	if (len != 16 && len != 32)
		return NULL;
	if (s->raw_len != len || !equal_secret(s->raw, raw, len))
		expand(mgr, s, raw, len);
	return &s->expanded;
}

static int
seal(IMB_MGR *mgr, const struct gcm_key_data *key, const wc_CryptoInfo *info)
{
	struct gcm_context_data state;
	Aes *aes = info->cipher.aesgcm_enc.aes;
	uint8_t *out = info->cipher.aesgcm_enc.out,
		*tag = info->cipher.aesgcm_enc.authTag;
	const uint8_t *in = info->cipher.aesgcm_enc.in,
		      *iv = info->cipher.aesgcm_enc.iv,
		      *aad = info->cipher.aesgcm_enc.authIn;
	uint32_t n = info->cipher.aesgcm_enc.sz,
		 aad_len = info->cipher.aesgcm_enc.authInSz,
		 tag_len = info->cipher.aesgcm_enc.authTagSz;

	if (aes->keylen == 16)
		IMB_AES128_GCM_ENC(mgr, key, &state, out, in, n, iv, aad,
		    aad_len, tag, tag_len);
	else
		IMB_AES256_GCM_ENC(mgr, key, &state, out, in, n, iv, aad,
		    aad_len, tag, tag_len);
	return 0;
}

static int
open_sealed(IMB_MGR *mgr, const struct gcm_key_data *key, const wc_CryptoInfo *info)
{
	struct gcm_context_data state;
	uint8_t tag[TAG_LEN];
	Aes *aes = info->cipher.aesgcm_dec.aes;
	uint8_t *out = info->cipher.aesgcm_dec.out;
	const uint8_t *in = info->cipher.aesgcm_dec.in,
		      *iv = info->cipher.aesgcm_dec.iv,
		      *aad = info->cipher.aesgcm_dec.authIn;
	uint32_t n = info->cipher.aesgcm_dec.sz,
		 aad_len = info->cipher.aesgcm_dec.authInSz,
		 tag_len = info->cipher.aesgcm_dec.authTagSz;

	if (aes->keylen == 16)
		IMB_AES128_GCM_DEC(mgr, key, &state, out, in, n, iv, aad,
		    aad_len, tag, tag_len);
	else
		IMB_AES256_GCM_DEC(mgr, key, &state, out, in, n, iv, aad,
		    aad_len, tag, tag_len);
	if (equal_secret(tag, info->cipher.aesgcm_dec.authTag, tag_len))
		return 0;
	if (n > 0) /* what failed to authenticate is nobody's to read */
		memset(out, 0, n);
	return AES_GCM_AUTH_E;
}

/* The sizes of TLS 1.3; wolfSSL's own code does whatever else there is. */
static bool
is_ours(const wc_CryptoInfo *info)
{
	if (here.keys == NULL || info->algo_type != WC_ALGO_TYPE_CIPHER ||
	    info->cipher.type != WC_CIPHER_AES_GCM)
		return false;
	if (info->cipher.enc)
		return info->cipher.aesgcm_enc.ivSz == NONCE_LEN &&
		    info->cipher.aesgcm_enc.authTagSz == TAG_LEN;
	return info->cipher.aesgcm_dec.ivSz == NONCE_LEN &&
	    info->cipher.aesgcm_dec.authTagSz == TAG_LEN;
}

static int
on_crypto(int device, wc_CryptoInfo *info, void *unused)
{
	const struct gcm_key_data *key;
	IMB_MGR *mgr;

	(void)device;
	(void)unused;
	mgr = is_ours(info) ? manager() : NULL;
	if (mgr == NULL)
		return CRYPTOCB_UNAVAILABLE;
	if (info->cipher.enc) {
		key = key_for(mgr, &here.keys->seal, info->cipher.aesgcm_enc.aes);
		return key == NULL ? CRYPTOCB_UNAVAILABLE : seal(mgr, key, info);
	}
	key = key_for(mgr, &here.keys->open, info->cipher.aesgcm_dec.aes);
	return key == NULL ? CRYPTOCB_UNAVAILABLE : open_sealed(mgr, key, info);
}

int
accel_device(void)
{
	return cpu_is_able() ? DEVICE : ACCEL_NO_DEVICE;
}

int
accel_boot(void)
{
	if (!cpu_is_able() ||
	    wc_CryptoCb_RegisterDevice(DEVICE, on_crypto, NULL) != 0)
		return ACCEL_NO_DEVICE;
	return DEVICE;
}

bool
accel_prefers_aes(void)
{
	return cpu_is_able();
}

#define WHAT "wolfSSL " LIBWOLFSSL_VERSION_STRING ", AES-GCM by intel-ipsec-mb " \
	IMB_VERSION_STR

const char *
accel_describe(void)
{
	if (!cpu_is_able())
		return "wolfSSL " LIBWOLFSSL_VERSION_STRING
		       ", AES-GCM of its own (this processor has no AES)";
	if (__builtin_cpu_supports("avx512f"))
		return WHAT " (AVX512)";
	return __builtin_cpu_supports("avx2") ? WHAT " (AVX2)" : WHAT;
}

void
accel_thread_fini(void)
{
	if (here.mgr != NULL)
		free_mb_mgr(here.mgr);
	here.mgr = NULL;
	here.keys = NULL;
}

int
accel_keys_new(struct accel_keys **out)
{
	void *p = NULL;

	*out = NULL;
	if (!cpu_is_able())
		return 0;
	if (posix_memalign(&p, _Alignof(struct accel_keys), sizeof(struct accel_keys)) != 0)
		return AX_E_NOMEM;
	memset(p, 0, sizeof(struct accel_keys));
	*out = p;
	return 0;
}

void
accel_keys_free(struct accel_keys **k)
{
	if (*k == NULL)
		return;
	if (here.keys == *k)
		here.keys = NULL;
	explicit_bzero(*k, sizeof(**k));
	free(*k);
	*k = NULL;
}

void
accel_enter(struct accel_keys *k)
{
	here.keys = k;
}
