/* ask.c — one HTTP request, over a Unix socket or over TLS.
 *
 * Thread: the only one. The document's size is bounded; a relay that does not
 * answer in time counts as one that does not answer.                         */
#include "cmd/ask.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "atlax/exit.h"
#include "cmd/remote.h"

#define DOCUMENT_MAX ((size_t)256 << 20)

/* Where the answer goes. */
struct target {
	CURL *curl;
	const struct ask *ask;
	struct buf *body;
};

static size_t
on_data(char *p, size_t size, size_t n, void *arg)
{
	const struct target *t = arg;
	struct buf *b = t->body;
	long http = 0;

	if (t->ask->text != NULL &&
	    curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &http) == CURLE_OK &&
	    http == 200)
		return t->ask->text(t->ask->arg, p, size * n) ? size * n : 0;
	if (buf_len(b) + n > DOCUMENT_MAX || buf_append(b, p, size * n) < 0)
		return 0; /* curl stops */
	return size * n;
}

/* The way to the relay. */
struct way {
	const char *socket; /* NULL: remote */
	struct remote_place place;
	struct remote *remote;
};

static bool
set_way(CURL *c, const struct way *w)
{
	return (w->socket != NULL ?
	    curl_easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH, w->socket) :
	    curl_easy_setopt(c, CURLOPT_ABSTRACT_UNIX_SOCKET, remote_socket(w->remote))) ==
	    CURLE_OK;
}

static bool
prepare(CURL *c, const struct ask *a, const struct way *w, const struct curl_slist *headers,
    struct target *t)
{
	long seconds = a->seconds == 0 ? 10 : MAX(a->seconds, 0);
	char url[640];

	(void)snprintf(url, sizeof(url), "http://atlax%s", a->page);
	if (a->post != NULL &&
	    curl_easy_setopt(c, CURLOPT_POSTFIELDS, a->post) != CURLE_OK)
		return false;
	return curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
	    set_way(c, w) &&
	    curl_easy_setopt(c, CURLOPT_URL, url) == CURLE_OK &&
	    /* http_proxy in the environment is about other things */
	    curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_TIMEOUT, seconds) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_data) == CURLE_OK &&
	    curl_easy_setopt(c, CURLOPT_WRITEDATA, t) == CURLE_OK;
}

static int
no_answer(const struct ask *a, const struct way *w, CURLcode r, const struct err *e)
{
	bool locked = w->socket != NULL && access(w->socket, W_OK) < 0 && errno == EACCES;

	if (a->quiet)
		return AX_EXIT_NO_RELAY;
	if (w->socket == NULL) {
		fprintf(stderr, "%s: the relay %s gives no answer: %s.\n", a->program,
		    w->place.relay, e->text[0] != '\0' ? e->text : curl_easy_strerror(r));
		return AX_EXIT_NO_RELAY;
	}
	fprintf(stderr, "%s: no relay answers on %s (%s).\n%s\n", a->program,
	    w->socket, locked ? "permission denied" : curl_easy_strerror(r),
	    locked ? "Ask as root, or as the user the relay runs as." :
	    "Start it with \"systemctl start atlax-relay\", or name its socket "
	    "with --socket.");
	return AX_EXIT_NO_RELAY;
}

/* Appends one, if there is a value. False: out of memory, and no list is left. */
static bool
add_header(struct curl_slist **list, const char *name, const char *value)
{
	char text[400];
	struct curl_slist *more;

	if (value == NULL)
		return true;
	(void)snprintf(text, sizeof(text), "%s: %s", name, value);
	more = curl_slist_append(*list, text);
	if (more == NULL)
		curl_slist_free_all(*list);
	*list = more;
	return more != NULL;
}

static CURLcode
perform(const struct ask *a, struct way *w, struct buf *body, long *http)
{
	CURL *c = curl_easy_init();
	CURLcode r = CURLE_FAILED_INIT;
	struct curl_slist *headers = NULL;
	struct target t = { c, a, body };

	if (c != NULL && add_header(&headers, "Content-Type", a->type) &&
	    add_header(&headers, "Host", w->socket == NULL ? w->place.relay : NULL) &&
	    prepare(c, a, w, headers, &t))
		r = curl_easy_perform(c);
	if (r == CURLE_OK)
		r = curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, http);
	curl_easy_cleanup(c);
	curl_slist_free_all(headers);
	return r;
}

/* The relay elsewhere is there, and has been found to be it. */
static int
connect_remote(const struct ask *a, struct way *w)
{
	struct err e = { 0 };

	if (remote_open(&w->place, &w->remote, &e) == 0)
		return AX_EXIT_OK;
	if (!a->quiet)
		fprintf(stderr, "%s: the relay %s: %s.\n", a->program, w->place.relay,
		    e.text);
	return err_class(e.code) == AX_CLASS_CONFIG ? AX_EXIT_CONFIG : AX_EXIT_NO_RELAY;
}

static int
find_way(const struct ask *a, struct way *w)
{
	struct err e;
	int r;

	w->socket = a->socket;
	if (w->socket != NULL)
		return AX_EXIT_OK;
	r = remote_find(&w->place, &e);
	if (r == 0)
		w->socket = ASK_SOCKET;
	if (r < 0)
		fprintf(stderr, "%s: %s\n", a->program, e.text);
	return r < 0 ? AX_EXIT_CONFIG : AX_EXIT_OK;
}

bool
ask_is_remote(const struct ask *ask)
{
	struct remote_place place;
	struct err e;

	return ask->socket == NULL && remote_find(&place, &e) != 0;
}

static int
fetch(const struct ask *a, struct buf *body, long *http)
{
	struct way w = { .remote = NULL };
	struct err e = { 0 };
	CURLcode r;
	int status = find_way(a, &w);

	if (status == AX_EXIT_OK && w.socket == NULL)
		status = connect_remote(a, &w);
	if (status != AX_EXIT_OK)
		return status;
	r = perform(a, &w, body, http);
	if (w.remote != NULL)
		remote_close(&w.remote, &e);
	if (r == CURLE_FAILED_INIT || r == CURLE_OUT_OF_MEMORY) {
		fprintf(stderr, "%s: out of memory\n", a->program);
		return AX_EXIT_FAILED;
	}
	if (r == CURLE_WRITE_ERROR && a->text != NULL)
		return AX_EXIT_FAILED; /* who takes it has said why */
	if (r == CURLE_WRITE_ERROR) {
		fprintf(stderr, "%s: the relay's answer is too long\n", a->program);
		return AX_EXIT_FAILED;
	}
	return r == CURLE_OK ? AX_EXIT_OK : no_answer(a, &w, r, &e);
}

/* The document, if it is an answer. */
static int
understand(const struct ask *a, struct ask_answer *out, long http)
{
	json_error_t e = { .text = "" };
	const char *why;

	if (http == 200 && a->text != NULL)
		return AX_EXIT_OK;
	out->doc = json_loadb((const char *)buf_slice(&out->body).p,
	    buf_len(&out->body), 0, &e);
	why = json_string_value(json_object_get(out->doc, "error"));
	if (http == 200 && json_is_object(out->doc))
		return AX_EXIT_OK;
	if (a->quiet)
		return AX_EXIT_FAILED;
	if (why != NULL)
		fprintf(stderr, "%s: the relay says: %s\n", a->program, why);
	else
		fprintf(stderr, "%s: this is not a relay's answer "
		    "(HTTP %ld, %s); is it the right socket?\n", a->program, http,
		    e.text);
	return AX_EXIT_FAILED;
}

int
ask_relay(const struct ask *ask, struct ask_answer *out)
{
	long http = 0;
	int r;

	*out = (struct ask_answer){ .doc = NULL };
	buf_init(&out->body);
	r = fetch(ask, &out->body, &http);
	if (r == AX_EXIT_OK)
		r = understand(ask, out, http);
	if (r != AX_EXIT_OK)
		ask_answer_fini(out);
	return r;
}

int
ask_post(struct ask *ask, const char *page, json_t *body, struct ask_answer *out)
{
	char *text = body == NULL ? NULL : json_dumps(body, JSON_COMPACT);
	int r = AX_EXIT_FAILED;

	ask->page = page;
	ask->post = text;
	ask->type = "application/json";
	if (text == NULL)
		fprintf(stderr, "%s: not UTF-8, or out of memory\n", ask->program);
	else
		r = ask_relay(ask, out);
	free(text);
	json_decref(body);
	ask->post = NULL;
	return r;
}

void
ask_answer_fini(struct ask_answer *a)
{
	json_decref(a->doc);
	a->doc = NULL;
	buf_fini(&a->body);
}

void
ask_print(const struct ask_answer *a)
{
	struct slice s = buf_slice(&a->body);

	(void)fwrite(s.p, 1, s.n, stdout);
}

int
ask_show(const struct ask *ask, bool json, bool (*show)(const json_t *doc))
{
	struct ask_answer answer;
	bool ok = true;
	int r = ask_relay(ask, &answer);

	if (r != AX_EXIT_OK)
		return r;
	if (json)
		ask_print(&answer);
	else
		ok = show(answer.doc);
	ask_answer_fini(&answer);
	if (ok)
		return ask_written(ask->program, AX_EXIT_OK);
	fprintf(stderr, "%s: out of memory\n", ask->program);
	return AX_EXIT_FAILED;
}

int
ask_print_own(const char *program, json_t *doc, int status)
{
	bool ok = doc != NULL && json_dumpf(doc, stdout, JSON_COMPACT) == 0 &&
	    putchar('\n') != EOF;

	json_decref(doc);
	if (ok || ferror(stdout))
		return ask_written(program, status);
	fprintf(stderr, "%s: not UTF-8, or out of memory\n", program);
	return AX_EXIT_FAILED;
}

int
ask_written(const char *program, int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "%s: cannot write: %s\n", program, strerror(errno));
	return AX_EXIT_FAILED;
}
