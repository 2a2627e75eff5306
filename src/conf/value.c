/* value.c — one scalar of the configuration: text to value and back.
 *
 * Thread: any. Allocates nothing.
 * Invariant: value_read accepts what value_show writes, and gives the same
 * number back.                                                               */
#include <inttypes.h>
#include <string.h>
#include <sys/un.h>

#include "base/assert.h"
#include "conf/endpoint.h"
#include "conf/range.h"
#include "conf/schema.h"
#include "parse/identity.h"

struct unit {
	const char *name;
	uint64_t factor;
};

/* The largest first: value_show takes the first that divides. */
static const struct unit durations[] = {
	{ "h", 3600000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 }, { NULL, 0 }
};
static const struct unit sizes[] = { { "T", 1LL << 40 }, { "G", 1 << 30 },
	{ "M", 1 << 20 }, { "K", 1 << 10 }, { "", 1 }, { NULL, 0 } };
static const struct unit plain[] = { { "", 1 }, { NULL, 0 } };

static const struct unit *
units(enum conf_kind k)
{
	if (k == CONF_DURATION)
		return durations;
	return k == CONF_SIZE || k == CONF_MEMORY ? sizes : plain;
}

static bool
has_auto(enum conf_kind k)
{
	return k == CONF_WORKERS || k == CONF_MEMORY;
}

bool
kind_is_text(enum conf_kind k)
{
	return k >= CONF_PATH;
}

bool
kind_is_number(enum conf_kind k)
{
	return k >= CONF_DURATION && k <= CONF_CHOICE;
}

/* Digits and a unit of the list. False on anything else, or overflow. */
static bool
read_amount(const struct unit *u, const char *text, uint64_t *out)
{
	size_t digits = strspn(text, "0123456789");
	uint64_t v = 0;

	if (digits == 0 || digits > 18) /* more would not fit */
		return false;
	for (size_t i = 0; i < digits; i++)
		v = v * 10 + (uint64_t)(text[i] - '0');
	for (; u->name != NULL; u++) {
		if (strcmp(u->name, text + digits) == 0)
			return !__builtin_mul_overflow(v, u->factor, out);
	}
	return false;
}

static const char *
example(enum conf_kind k)
{
	if (k == CONF_DURATION)
		return "a time with its unit, like 250ms, 15s, 5m or 1h";
	if (k == CONF_SIZE)
		return "a size like 64K, 4M or 1G";
	if (k == CONF_WORKERS)
		return "auto or a number";
	if (k == CONF_MEMORY)
		return "auto or a size like 64M or 1G";
	return "a number";
}

static int
read_number(const struct conf_row *row, const char *text, uint64_t *out, struct err *e)
{
	const struct unit *u = units(row->kind);
	uint64_t v, least = 0, most = 0;
	bool ok;

	if (has_auto(row->kind) && strcmp(text, "auto") == 0) {
		*out = 0;
		return 0;
	}
	if (!read_amount(u, text, &v))
		return err_set(e, AX_E_CONFIG, "\"%.40s\" is not usable here; write %s",
		    text, example(row->kind));
	ok = read_amount(u, row->least, &least) && read_amount(u, row->most, &most);
	ax_assert(ok);
	if (v < least || v > most)
		return err_set(e, AX_E_CONFIG, "%.40s is out of range; "
		    "choose something from %s to %s", text, row->least, row->most);
	*out = v;
	return 0;
}

/* Word i of a list with single blanks between the words; empty at the end. */
static struct slice
word_at(const char *words, uint64_t i)
{
	while (i-- > 0) {
		words += strcspn(words, " ");
		words += *words == ' ';
	}
	return slice_of(words, strcspn(words, " "));
}

static int
read_choice(const struct conf_row *row, const char *text, uint64_t *out, struct err *e)
{
	struct slice w;

	for (uint64_t i = 0; (w = word_at(row->least, i)).n > 0; i++) {
		if (!slice_eq(w, slice_str(text)))
			continue;
		*out = i;
		return 0;
	}
	return err_set(e, AX_E_CONFIG, "\"%.40s\" is not usable here; "
	    "choose one of: %s", text, row->least);
}

static int
check_address(const char *text, struct err *e)
{
	struct endpoint p;
	int r = endpoint_read(text, &p, e);

	if (r < 0)
		return r;
	if (!p.is_ip)
		return err_set(e, AX_E_CONFIG, "\"%.60s\" is a name; "
		    "write the IP address to listen on, or *:%u for every one",
		    p.host, p.port);
	return 0;
}

/* What is connected to, not listened on. */
static int
read_destination(const char *text, struct endpoint *out, struct err *e)
{
	int r = endpoint_read(text, out, e);

	if (r == 0 && out->port == 0)
		return err_set(e, AX_E_CONFIG, "nobody can connect to port 0; "
		    "write a number from 1 to 65535");
	return r;
}

static int
check_hostport(const char *text, struct err *e)
{
	struct endpoint p;
	int r = read_destination(text, &p, e);

	if (r == 0 && p.is_any)
		return err_set(e, AX_E_CONFIG,
		    "nobody can connect to \"%s\"; write the relay's own address", p.host);
	return r;
}

static int
check_socket_path(const char *path, struct err *e)
{
	if (strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return err_set(e, AX_E_CONFIG,
		    "the path is too long for a socket; choose one of at most 107 bytes");
	return 0;
}

static int
check_target(const char *text, struct err *e)
{
	struct endpoint p;
	int r;

	if (strncmp(text, "unix:", 5) == 0 && text[5] != '/')
		return err_set(e, AX_E_CONFIG,
		    "the socket's path is not absolute; write unix:/run/name.sock");
	if (strncmp(text, "unix:", 5) == 0)
		return check_socket_path(text + 5, e);
	r = read_destination(text, &p, e);
	if (r < 0)
		return r;
	if (!p.is_ip)
		return err_set(e, AX_E_CONFIG, "\"%.60s\" is a name; "
		    "write its IP address, for example 127.0.0.1:%u", p.host, p.port);
	if (endpoint_is_forbidden(&p))
		return err_set(e, AX_E_CONFIG, "%s is never lent out (link-local, "
		    "metadata, multicast or unspecified); "
		    "write an address of this machine or its network", p.host);
	return 0;
}

static int
check_label(const char *text, struct err *e)
{
	if (identity_is_label(slice_str(text)))
		return 0;
	return err_set(e, AX_E_CONFIG, "\"%.64s\" is no tenant's name; "
	    "use a-z, 0-9 and hyphens inside, at most 63", text);
}

static int
check_service(const char *text, struct err *e)
{
	size_t n = strlen(text);

	if (n >= 1 && n <= 63 &&
	    strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-") == n)
		return 0;
	return err_set(e, AX_E_CONFIG, "\"%.64s\" is no service's name; "
	    "use a-z, 0-9, dots, hyphens and underscores, at most 63", text);
}

static int
check_range(const char *text, struct err *e)
{
	struct range r;

	return range_read(text, &r, e);
}

static int
check_path(const char *text, struct err *e)
{
	if (text[0] != '\0')
		return 0;
	return err_set(e, AX_E_CONFIG, "the path is empty; write one, or leave out the key");
}

static int
check_text(enum conf_kind k, const char *text, struct err *e)
{
	static int (*const checks[])(const char *, struct err *) = {
		[CONF_PATH] = check_path,
		[CONF_ADDRESS] = check_address,
		[CONF_HOSTPORT] = check_hostport,
		[CONF_TARGET] = check_target,
		[CONF_LABEL] = check_label,
		[CONF_SERVICE] = check_service,
		[CONF_RANGE] = check_range,
		[CONF_PORTS] = check_path, /* the rest: conf_relay_check */
	};

	ax_assert(k < ARRAY_LEN(checks) && checks[k] != NULL);
	return checks[k](text, e);
}

int
value_read(const struct conf_row *row, const char *text, uint64_t *out, struct err *e)
{
	enum conf_kind k = row->kind == CONF_WORDS ? row->word : row->kind;

	if (kind_is_text(k))
		return check_text(k, text, e);
	if (k == CONF_CHOICE)
		return read_choice(row, text, out, e);
	return read_number(row, text, out, e);
}

void
value_show(const struct conf_row *row, uint64_t v, struct str *out)
{
	const struct unit *u = units(row->kind);
	struct slice w;

	if (row->kind == CONF_CHOICE) {
		w = word_at(row->least, v);
		str_add_n(out, (const char *)w.p, w.n);
		return;
	}
	if (has_auto(row->kind) && v == 0) {
		str_add(out, "auto");
		return;
	}
	/* Zero has no natural unit; a second reads best. */
	if (v == 0)
		str_add(out, row->kind == CONF_DURATION ? "0s" : "0");
	while (v > 0 && v % u->factor != 0)
		u++;
	if (v > 0)
		str_fmt(out, "%" PRIu64 "%s", v / u->factor, u->name);
}
