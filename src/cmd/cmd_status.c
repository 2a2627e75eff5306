/* cmd_status.c — atlax status: asks the relay over its Unix socket.
 *
 * Thread: the only one. The document's size is bounded; a relay that does not
 * answer in time counts as one that does not answer.                         */
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "atlax/exit.h"
#include "base/buf.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/status_text.h"

#define DOCUMENT_MAX ((size_t)256 << 20)
#define SOCKET RUNSTATEDIR "/atlax/relay.sock"

struct status_args {
	const char *socket;
	bool json;
};

static size_t
on_data(char *p, size_t size, size_t n, void *arg)
{
	struct buf *b = arg;

	if (buf_len(b) + n > DOCUMENT_MAX || buf_append(b, p, size * n) < 0)
		return 0; /* curl stops */
	return size * n;
}

static bool
prepare(CURL *c, const char *path, struct buf *body)
{
	return curl_easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH, path) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_URL, "http://atlax/v1/status") == CURLE_OK &&
	    /* http_proxy in the environment is about other things */
	    curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_TIMEOUT, 10L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_data) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_WRITEDATA, body) == CURLE_OK;
}

static int
no_answer(const char *path, CURLcode r)
{
	bool locked = access(path, W_OK) < 0 && errno == EACCES;

	fprintf(stderr, "atlax status: no relay answers on %s (%s).\n%s\n", path,
	    locked ? "permission denied" : curl_easy_strerror(r),
	    locked ? "Ask as root, or as the user the relay runs as." :
	    "Start it with \"systemctl start atlax-relay\", or name its socket "
	    "with --socket.");
	return AX_EXIT_NO_RELAY;
}

/* Gets the document into body. Returns an exit status. */
static int
fetch(const char *path, struct buf *body, long *http)
{
	CURL *c = curl_easy_init();
	CURLcode r = CURLE_FAILED_INIT;

	if (c != NULL && prepare(c, path, body))
		r = curl_easy_perform(c);
	if (r == CURLE_OK)
		r = curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, http);
	curl_easy_cleanup(c);
	if (r == CURLE_FAILED_INIT || r == CURLE_OUT_OF_MEMORY) {
		fputs("atlax status: out of memory\n", stderr);
		return AX_EXIT_FAILED;
	}
	if (r == CURLE_WRITE_ERROR) {
		fputs("atlax status: the relay's answer is too long\n", stderr);
		return AX_EXIT_FAILED;
	}
	return r == CURLE_OK ? AX_EXIT_OK : no_answer(path, r);
}

static int
show(const struct buf *body, const json_t *doc, bool json)
{
	bool ok = true;

	if (json)
		(void)fwrite(buf_slice(body).p, 1, buf_len(body), stdout);
	else
		ok = status_text(doc, (int64_t)time(NULL), stdout);
	if (!ok) {
		fputs("atlax status: out of memory\n", stderr);
		return AX_EXIT_FAILED;
	}
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("atlax status: cannot write");
		return AX_EXIT_FAILED;
	}
	return AX_EXIT_OK;
}

static int
use(const struct buf *body, long http, bool json)
{
	json_error_t e = { .text = "" };
	json_t *doc = json_loadb((const char *)buf_slice(body).p, buf_len(body), 0, &e);
	const char *why = json_string_value(json_object_get(doc, "error"));
	int status = AX_EXIT_FAILED;

	if (http == 200 && json_is_object(doc))
		status = show(body, doc, json);
	else if (why != NULL)
		fprintf(stderr, "atlax status: the relay says: %s\n", why);
	else
		fprintf(stderr, "atlax status: this is not a relay's answer "
		    "(HTTP %ld, %s); is it the right socket?\n", http, e.text);
	json_decref(doc);
	return status;
}

static int
status(const struct status_args *a)
{
	struct buf body;
	long http = 0;
	int r;

	buf_init(&body);
	r = fetch(a->socket, &body, &http);
	if (r == AX_EXIT_OK)
		r = use(&body, http, a->json);
	buf_fini(&body);
	return r;
}

int
cmd_status(int argc, char **argv)
{
	struct status_args a = { .socket = SOCKET };
	const struct option_def defs[] = {
		{ 'j', "json", NULL, "print the relay's JSON document", &a.json, NULL },
		{ 's', "socket", "PATH", "the relay's socket (" SOCKET ")", NULL, &a.socket },
	};
	const struct options o = { .program = "atlax status", .manual = "atlax(1)",
		.summary = "Shows what the relay on this machine is doing.",
		.defs = defs, .n = ARRAY_LEN(defs) };
	int r;

	if (options_read(&o, argc, argv, &r) < 0)
		return r;
	return status(&a);
}
