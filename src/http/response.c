/* Replies, see response.h. */
#include "http/response.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "base/fatal.h"
#include "http/routes.h"

static const char *
status_phrase(unsigned status)
{
	static const struct {
		unsigned status;
		const char *phrase;
	} table[] = {
		{ 200, "OK" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 406, "Not Acceptable" },
		{ 408, "Request Timeout" },
		{ 411, "Length Required" },
		{ 413, "Content Too Large" },
		{ 414, "URI Too Long" },
		{ 415, "Unsupported Media Type" },
		{ 417, "Expectation Failed" },
		{ 421, "Misdirected Request" },
		{ 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" },
		{ 501, "Not Implemented" },
		{ 503, "Service Unavailable" },
		{ 505, "HTTP Version Not Supported" },
	};
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].status == status)
			return table[i].phrase;
	return ""; /* RFC 9112 4: the phrase may be empty */
}

struct head {
	char *out;
	size_t len;
};

static void __attribute__((format(printf, 2, 3)))
put(struct head *h, const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(
	    h->out + h->len, RESPONSE_HEAD_MAX - h->len, format, arguments);
	va_end(arguments);
	if (n < 0 || (size_t)n >= RESPONSE_HEAD_MAX - h->len)
		fatal("a reply's header does not fit");
	h->len += (size_t)n;
}

/* IMF-fixdate, RFC 9110 5.6.7. */
static void
put_date(struct head *h, int64_t now)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t t = (time_t)now;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL)
		return;
	put(h, "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d GMT\r\n",
	    days + 3 * (size_t)tm.tm_wday, tm.tm_mday,
	    months + 3 * (size_t)tm.tm_mon, tm.tm_year + 1900, tm.tm_hour,
	    tm.tm_min, tm.tm_sec);
}

size_t
response_head(char out[RESPONSE_HEAD_MAX], const struct http_response *r,
    enum http_after after, int64_t now)
{
	struct head h = { out, 0 };

	put(&h, "HTTP/1.1 %u %s\r\n", r->status, status_phrase(r->status));
	put_date(&h, now);
	put(&h, "Content-Type: %s\r\nContent-Length: %zu\r\n", r->type,
	    r->body.len);
	if (r->max_age > 0)
		put(&h, "Cache-Control: private, max-age=%u\r\n", r->max_age);
	else
		put(&h, "Cache-Control: no-store\r\n");
	if (r->location != NULL)
		put(&h, "Location: %s\r\n", r->location);
	if (r->allow != NULL)
		put(&h, "Allow: %s\r\n", r->allow);
	if (r->retry_after > 0)
		put(&h, "Retry-After: %u\r\n", r->retry_after);
	if (after != AFTER_KEEP)
		put(&h, "Connection: %s\r\n",
		    after == AFTER_CLOSE ? "close" : "keep-alive");
	put(&h, "\r\n");
	return h.len;
}

void
response_refusal(struct http_response *r, char room[RESPONSE_TEXT_MAX],
    enum reason reason, const struct why *why, const char *correlation)
{
	bool more = why != NULL && why->text[0] != '\0';
	bool named = correlation != NULL && correlation[0] != '\0';
	int n;

	n = snprintf(room, RESPONSE_TEXT_MAX, "%s%s%s (%s) [%s%s%s]\n",
	    reason_sentence(reason), more ? " " : "", more ? why->text : "",
	    reason_clause(reason), reason_code(reason),
	    named ? ", request " : "", named ? correlation : "");
	if (n < 0 || n >= RESPONSE_TEXT_MAX)
		fatal("the words of %s do not fit", reason_code(reason));
	*r = (struct http_response){
		.status = reason_status(reason),
		.type = TYPE_TEXT,
		.body = span_of(room, (size_t)n),
		.allow = reason_allow(reason),
	};
	if (r->status == 503 || r->status == 429)
		r->retry_after = RETRY_AFTER;
}
