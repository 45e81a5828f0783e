/* Limits of the server, see bounds.h. */
#include "http/bounds.h"

#include <sys/resource.h>

#include "base/fatal.h"
#include "base/log.h"

#define OWN_DESCRIPTORS 64 /* sockets of ours, log, epoll, libraries */

void
limits_default(struct http_limits *l, unsigned connections)
{
	*l = (struct http_limits){
		.handshake_ms = 10000,
		.idle_ms = 30000,
		.header_ms = 10000,
		.body_ms = 10000,
		.answer_ms = 15000,
		.reply_ms = 10000,
		.linger_ms = 2000,
		.linger_octets = 256 * 1024,
		.young_ms = 1000,
		.stop_ms = 5000,
		.connections = connections,
	};
}

void
limits_apply(struct http_limits *l)
{
	struct rlimit r;
	rlim_t need = (rlim_t)l->connections + OWN_DESCRIPTORS;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		fatal_errno("RLIMIT_NOFILE");
	if (r.rlim_cur >= need)
		return;
	r.rlim_cur = need < r.rlim_max ? need : r.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &r) != 0)
		fatal_errno("RLIMIT_NOFILE");
	if (r.rlim_cur >= need)
		return;
	if (r.rlim_cur <= OWN_DESCRIPTORS)
		fatal("only %llu descriptors are allowed",
		    (unsigned long long)r.rlim_cur);
	log_warning("connections", "wanted=\"%u\" possible=\"%llu\"",
	    l->connections, (unsigned long long)(r.rlim_cur - OWN_DESCRIPTORS));
	l->connections = (unsigned)(r.rlim_cur - OWN_DESCRIPTORS);
}
