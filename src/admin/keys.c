/* keys.c — secrets with an end.
 *
 * Thread: control. Invariant: a free place has no text that could be matched. */
#include "admin/keys.h"

#include <limits.h>
#include <string.h>

#include "base/rng.h"
#include "base/str.h"

void
keys_add(struct keys *k, uint64_t until_ms, const struct admin_who *who,
    char out[KEY_TEXT])
{
	uint8_t secret[(KEY_TEXT - 1) / 2];
	struct str s;
	size_t at = 0;

	for (size_t i = 1; i < KEYS_MAX; i++)
		if (k->all[i].until_ms < k->all[at].until_ms)
			at = i;
	rng_secret(secret, sizeof(secret));
	str_init(&s, out, KEY_TEXT);
	str_hex(&s, slice_of(secret, sizeof(secret)));
	memcpy(k->all[at].text, out, KEY_TEXT);
	k->all[at].until_ms = until_ms;
	k->all[at].who = *who;
}

static bool
same(const char *a, const char *b)
{
	unsigned differ = 0;

	for (size_t i = 0; i < KEY_TEXT - 1; i++)
		differ |= (unsigned)(uint8_t)a[i] ^ (uint8_t)b[i];
	return differ == 0;
}

static size_t
find(const struct keys *k, const char *text, uint64_t now_ms)
{
	size_t found = KEYS_MAX;

	if (text == NULL || strlen(text) != KEY_TEXT - 1)
		return KEYS_MAX;
	for (size_t i = 0; i < KEYS_MAX; i++)
		if (same(k->all[i].text, text) && now_ms < k->all[i].until_ms)
			found = i;
	return found;
}

uint64_t
keys_until(const struct keys *k, const char *text, uint64_t now_ms)
{
	size_t i = find(k, text, now_ms);

	return i == KEYS_MAX ? 0 : k->all[i].until_ms;
}

bool
keys_who(const struct keys *k, const char *text, uint64_t now_ms, struct admin_who *out)
{
	size_t i = find(k, text, now_ms);

	if (i == KEYS_MAX)
		return false;
	*out = k->all[i].who;
	return true;
}

bool
keys_use_up(struct keys *k, const char *text, uint64_t now_ms, struct admin_who *out)
{
	size_t i = find(k, text, now_ms);

	if (i == KEYS_MAX)
		return false;
	*out = k->all[i].who;
	memset(&k->all[i], 0, sizeof(k->all[i]));
	return true;
}

static void
who_frost(struct admin_who *who, struct frost *f)
{
	uint32_t uid = who->uid;
	uint64_t pid = (uint64_t)who->pid;

	frost_u32(f, &uid);
	frost_u64(f, &pid);
	frost_bool(f, &who->is_dashboard);
	frost_require(f, pid <= INT_MAX);
	who->uid = uid;
	who->pid = (pid_t)pid;
}

void
keys_frost(struct keys *k, struct frost *f)
{
	for (size_t i = 0; i < KEYS_MAX; i++) {
		frost_copy(f, k->all[i].text, KEY_TEXT);
		frost_u64(f, &k->all[i].until_ms);
		who_frost(&k->all[i].who, f);
		frost_require(f, k->all[i].text[KEY_TEXT - 1] == '\0');
	}
}
