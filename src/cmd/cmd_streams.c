/* cmd_streams.c — atlax streams: the connections that are open now; and atlax
 * kick: cutting off an agent, or one of them.
 *
 * Thread: the only one.                                                      */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "atlax/exit.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/doc.h"
#include "cmd/human.h"
#include "cmd/options.h"
#include "cmd/table.h"

/* Cuts TENANT[/AGENT] in two, in place. */
static char *
agent_of(char *name)
{
	char *slash = strchr(name, '/');

	if (slash != NULL)
		*slash++ = '\0';
	return slash;
}

/* --- streams ----------------------------------------------------------------- */

static const char *
text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s == NULL || *s == '\0' ? "-" : s;
}

static bool
show_streams(const json_t *doc)
{
	static const char *const names[] = { "ID", "TENANT", "AGENT", "SERVICE",
		"CLIENT", "IN", "OUT", "AGE" };
	const json_t *list = json_object_get(doc, "streams"), *s;
	json_int_t total = json_integer_value(json_object_get(doc, "total"));
	struct table t;
	size_t i;
	bool ok;

	table_begin(&t, names, ARRAY_LEN(names));
	json_array_foreach(list, i, s) {
		table_cell(&t, text(s, "id"));
		table_cell(&t, text(s, "tenant"));
		table_cell(&t, text(s, "agent"));
		table_cell(&t, text(s, "service"));
		table_cell(&t, text(s, "client"));
		table_human(&t, human_bytes, doc_number(s, "bytes_in"));
		table_human(&t, human_bytes, doc_number(s, "bytes_out"));
		table_human(&t, human_seconds, doc_number(s, "age_ms") / 1000);
	}
	ok = table_print(&t, stdout);
	table_fini(&t);
	if (total > (json_int_t)json_array_size(list))
		printf("and %" JSON_INTEGER_FORMAT " more\n",
		    total - (json_int_t)json_array_size(list));
	return ok;
}

struct wish {
	char *tenant, *agent;
	const char *limit;
	bool newest;
};

/* The page with its arguments; false: out of memory, or far too long. */
static bool
streams_page(const struct wish *w, char page[512])
{
	struct str s;
	bool ok = true;
	const char *const names[] = { "tenant", "agent", "limit" };
	const char *const values[] = { w->tenant, w->agent, w->limit };

	str_init(&s, page, 512);
	str_fmt(&s, "/v1/streams?sort=%s", w->newest ? "age" : "bytes");
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char *safe = values[i] == NULL ? NULL :
						 curl_easy_escape(NULL, values[i], 0);

		if (safe != NULL)
			str_fmt(&s, "&%s=%s", names[i], safe);
		ok = ok && (values[i] == NULL || safe != NULL);
		curl_free(safe);
	}
	return ok && strlen(page) < 511;
}

int
cmd_streams(int argc, char **argv)
{
	char page[512];
	struct ask ask = { .program = "atlax streams",
		.page = page };
	struct wish wish = { NULL, NULL, NULL, false };
	bool json = false;
	const struct option_def defs[] = {
		{ 'n', "limit", "N", "at most so many, up to 1000 (100)", NULL,
		    &wish.limit },
		{ 0, "newest", NULL, "the newest, not those with the most bytes",
		    &wish.newest, NULL },
		{ 'j', "json", NULL, "print the relay's JSON document", &json, NULL },
		{ 's', "socket", "PATH", "the relay's socket (" ASK_SOCKET ")", NULL,
		    &ask.socket },
	};
	const struct options o = { .program = ask.program, .manual = "atlax(1)",
		.summary = "Shows the connections that are open, the largest first.",
		.operands = "[TENANT[/AGENT]]", .defs = defs, .n = ARRAY_LEN(defs) };
	int r, at = options_read(&o, argc, argv, &r);

	if (at < 0)
		return r;
	if (argc - at > 1)
		return options_wrong(&o, "it takes one name at most");
	if (argc - at == 1) {
		wish.tenant = argv[at];
		wish.agent = agent_of(wish.tenant);
	}
	if (!streams_page(&wish, page))
		return options_wrong(&o, "no such name");
	return ask_show(&ask, json, show_streams);
}

/* --- kick --------------------------------------------------------------------- */

/* Takes what. */
static int
kick(struct ask *ask, const char *page, json_t *what, bool json)
{
	struct ask_answer answer;
	json_int_t n;
	int r = ask_post(ask, page, what, &answer);

	if (r != AX_EXIT_OK)
		return r;
	n = json_integer_value(json_object_get(answer.doc, "closed"));
	if (json)
		ask_print(&answer);
	else
		printf("%" JSON_INTEGER_FORMAT " closed\n", n);
	ask_answer_fini(&answer);
	return ask_written(ask->program, r);
}

int
cmd_kick(int argc, char **argv)
{
	struct ask ask = { .program = "atlax kick" };
	const char *stream = NULL;
	bool json = false;
	const struct option_def defs[] = {
		{ 0, "stream", "ID", "only this connection: see atlax streams", NULL,
		    &stream },
		{ 'j', "json", NULL, "print the relay's JSON document", &json, NULL },
		{ 's', "socket", "PATH", "the relay's socket (" ASK_SOCKET ")", NULL,
		    &ask.socket },
	};
	const struct options o = { .program = ask.program, .manual = "atlax(1)",
		.summary = "Cuts off an agent, which may come back, or one connection.",
		.operands = "TENANT[/AGENT] | --stream ID", .defs = defs,
		.n = ARRAY_LEN(defs) };
	char *agent;
	int r, at = options_read(&o, argc, argv, &r);

	if (at < 0)
		return r;
	if ((argc - at != 1) == (stream == NULL) || argc - at > 1)
		return options_wrong(&o, "it takes the name of a tenant or an agent, or "
		    "--stream");
	if (stream != NULL)
		return kick(&ask, "/v1/streams/close",
		    json_pack("{s:s}", "id", stream), json);
	agent = agent_of(argv[at]);
	return kick(&ask, "/v1/kick",
	    json_pack("{s:s s:s*}", "tenant", argv[at], "agent", agent), json);
}
