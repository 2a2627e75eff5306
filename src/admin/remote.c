/* remote.c — what a request has to say when an operator asks from elsewhere.
 *
 * Thread: control. Who asks stands beside the connection from its first moment; what
 * the request itself says about that is not read. A browser that has an operator's
 * certificate would show it for any site's page: those are refused.          */
#include "admin/remote.h"

#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "admin/admin.h"

/* --- connections ------------------------------------------------------------- */

/* Who it is stays beside the connection as long as it lasts. */
void
remote_on_connection(void *arg, struct MHD_Connection *c AX_UNUSED, void **who,
    enum MHD_ConnectionNotificationCode what)
{
	struct admin_who **arriving = arg;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		*who = *arriving;
		*arriving = NULL;
	} else {
		free(*who);
		*who = NULL;
	}
}

int
remote_add(struct MHD_Daemon *http, struct admin_who **arriving, int fd,
    const struct admin_who *who)
{
	const struct sockaddr_un from = { .sun_family = AF_UNIX };
	enum MHD_Result ok;

	*arriving = malloc(sizeof(**arriving));
	if (*arriving == NULL) {
		(void)close(fd);
		return AX_E_NOMEM;
	}
	**arriving = *who;
	ok = MHD_add_connection(
	    http, fd, (const struct sockaddr *)&from, sizeof(from.sun_family));
	free(*arriving); /* of one that did not begin */
	*arriving = NULL;
	return ok == MHD_YES ? 0 : AX_E_LIMIT;
}

/* --- requests ------------------------------------------------------------------ */

static const char *
header(struct MHD_Connection *c, const char *name)
{
	return MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);
}

bool
remote_host(struct MHD_Connection *c, char out[256])
{
	const char *text = header(c, MHD_HTTP_HEADER_HOST);
	bool bracket;
	size_t n;

	if (text == NULL)
		return false;
	bracket = *text == '[';
	text += bracket;
	n = strcspn(text, bracket ? "]" : ":");
	if (n >= 256)
		return false;
	memcpy(out, text, n);
	out[n] = '\0';
	return true;
}

unsigned
remote_judge(const struct admin_args *args, struct MHD_Connection *c,
    struct admin_who *who, const char **why)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	char host[256];

	if (info == NULL || info->socket_context == NULL) {
		*why = "nobody has said who asks";
		return MHD_HTTP_FORBIDDEN;
	}
	*who = *(const struct admin_who *)info->socket_context;
	if (header(c, "Origin") != NULL || header(c, "Sec-Fetch-Site") != NULL) {
		*why = "the page of a site may not ask here";
		return MHD_HTTP_FORBIDDEN;
	}
	if (!remote_host(c, host) || !args->names(args->relay, host)) {
		*why = "ask for a name that stands in the relay's certificate";
		return MHD_HTTP_MISDIRECTED_REQUEST;
	}
	return 0;
}
