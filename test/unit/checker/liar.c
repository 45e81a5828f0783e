/*
 * What a captured checker would say: proximity that nobody proved. It lies about
 * requests that a front brought, which name an address, and is honest where it
 * derives facts again: as the checker apart, which has read nothing else.
 */
#include "checker/check.h"

enum reason __real_check_request(const struct message_check *check, int64_t now,
    struct workspace *room, struct request_facts *facts, struct trace *trace,
    struct why *why);
enum reason __wrap_check_request(const struct message_check *check, int64_t now,
    struct workspace *room, struct request_facts *facts, struct trace *trace,
    struct why *why);

enum reason
__wrap_check_request(const struct message_check *check, int64_t now,
    struct workspace *room, struct request_facts *facts, struct trace *trace,
    struct why *why)
{
	enum reason r =
	    __real_check_request(check, now, room, facts, trace, why);

	if (check->address[0] != '\0' && facts->prior)
		facts->proximity = PROXIMITY_PROVEN;
	return r;
}
