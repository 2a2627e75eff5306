/* remote.c — what a request has to say when an operator asks from elsewhere.
 *
 * Thread: control. Who asks stands beside the connection from its first moment; what
 * the request itself says about that is not read. A browser that has an operator's
 * certificate would show it for any site's page: those are refused.          */
#include "admin/remote.h"

#include <string.h>

#include "admin/admin.h"
#include "admin/visits.h"

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
	const struct admin_who *known = visit_who(c);
	char host[256];

	if (known == NULL) {
		*why = "nobody has said who asks";
		return MHD_HTTP_FORBIDDEN;
	}
	*who = *known;
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
