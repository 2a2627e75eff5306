/* key_text.c — 256 bits as 52 characters, and back.
 *
 * Thread: any. Pure. All of the key and not a hash of it, because the certificate is
 * made from it before the machine is heard of.                               */
#include "enrol/key_text.h"

#include "base/base32.h"

#define DIGITS 52
#define GROUP 4
#define LEN 32

int
key_text(const struct pubkey *key, char out[KEY_TEXT_MAX], struct err *e)
{
	if (key->type != IDENTITY_ED25519)
		return err_set(e, AX_E_UNSUPPORTED, "only an Ed25519 key can be "
		    "written so: join, and have the request approved");
	base32_write(key->bytes, key->len, DIGITS, GROUP, out);
	return 0;
}

int
key_text_parse(const char *text, struct pubkey *out, struct err *e)
{
	struct pubkey key = { .type = IDENTITY_ED25519, .len = LEN };

	if (!base32_read(text, DIGITS, key.bytes, LEN))
		return err_set(e, AX_E_RANGE, "a key has the 52 letters and digits that "
		    "atlax join --show-key prints on its machine");
	*out = key;
	return 0;
}
