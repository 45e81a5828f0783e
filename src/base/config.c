/* hallmark.ini, see config.h. */
#include "base/config.h"

#include <ini.h>
#include <limits.h>
#include <stdio.h>

#include "base/file.h"
#include "base/text.h"

void
config_defaults(struct config *c)
{
	memset(c, 0, sizeof(*c));
	snprintf(c->listen, sizeof(c->listen), "127.0.0.1:8443");
	c->client = CLIENT_REQUIRED;
	c->fronts = 1;
	c->connections = 4096;
	c->max_age = 86400;
	c->max_ahead = 300;
}

static bool
set_text(char *out, size_t cap, const char *value)
{
	return text_printable(span_str(value)) &&
	    text_copy(out, cap, span_str(value));
}

static bool
set_bool(bool *out, const char *value)
{
	*out = strcmp(value, "yes") == 0;
	return *out || strcmp(value, "no") == 0;
}

static bool
set_unsigned(unsigned *out, unsigned low, unsigned high, const char *value)
{
	uint64_t n;

	if (!text_uint(span_str(value), high, &n) || n < low)
		return false;
	*out = (unsigned)n;
	return true;
}

static bool
set_client(enum client_certificate *out, const char *value)
{
	static const char *const words[] = { "none", "optional", "required" };
	unsigned i;

	for (i = 0; i < 3; i++) {
		if (strcmp(value, words[i]) == 0) {
			*out = (enum client_certificate)i;
			return true;
		}
	}
	return false;
}

static bool
set_manufacturer(struct config *c, const char *name, const char *value)
{
	if (strcmp(name, "organization") == 0)
		return set_text(c->organization, sizeof(c->organization), value);
	if (strcmp(name, "test") == 0)
		return set_bool(&c->test, value);
	return false;
}

static bool
set_masa(struct config *c, const char *name, const char *value)
{
	if (strcmp(name, "listen") == 0)
		return set_text(c->listen, sizeof(c->listen), value);
	if (strcmp(name, "client-certificate") == 0)
		return set_client(&c->client, value);
	if (strcmp(name, "legacy-paths") == 0)
		return set_bool(&c->legacy_paths, value);
	if (strcmp(name, "fronts") == 0)
		return set_unsigned(&c->fronts, 1, 16, value);
	if (strcmp(name, "connections") == 0)
		return set_unsigned(&c->connections, 16, 60000, value);
	if (strcmp(name, "max-age") == 0)
		return set_unsigned(&c->max_age, 60, 31536000, value);
	if (strcmp(name, "max-ahead") == 0)
		return set_unsigned(&c->max_ahead, 0, 86400, value);
	if (strcmp(name, "revocation-required") == 0)
		return set_bool(&c->revocation_required, value);
	return false;
}

struct reading {
	struct config *config;
	struct why *why;
};

static int
take_pair(void *context, const char *section, const char *name,
    const char *value)
{
	struct reading *r = context;
	bool good = false;

	if (strcmp(section, "manufacturer") == 0)
		good = set_manufacturer(r->config, name, value);
	else if (strcmp(section, "masa") == 0)
		good = set_masa(r->config, name, value);
	if (!good)
		why_set(r->why, REASON_HOME_INVALID, -1,
		    "hallmark.ini: [%.20s] %.40s = %.40s is unknown or out of "
		    "range", section, name, value);
	return good;
}

enum reason
config_read(const char *home, struct config *c, struct why *why)
{
	struct reading r = { .config = c, .why = why };
	char path[PATH_MAX];
	int line;

	config_defaults(c);
	why_clear(why);
	path_join(path, sizeof(path), home, "hallmark.ini");
	line = ini_parse(path, take_pair, &r);
	if (line < 0)
		return why_set(why, REASON_HOME_INVALID, -1,
		    "%s cannot be read", path);
	if (line > 0) {
		if (why->text[0] == '\0')
			why_set(why, REASON_HOME_INVALID, line,
			    "hallmark.ini: line %d is no name = value", line);
		why->offset = line;
		return REASON_HOME_INVALID;
	}
	return REASON_OK;
}

void
config_print(const struct config *c, char *out, size_t cap)
{
	static const char *const words[] = { "none", "optional", "required" };

	snprintf(out, cap,
	    "[manufacturer]\norganization = %s\ntest = %s\n\n"
	    "[masa]\nlisten = %s\nclient-certificate = %s\nlegacy-paths = %s\n"
	    "fronts = %u\nconnections = %u\nmax-age = %u\nmax-ahead = %u\n"
	    "revocation-required = %s\n",
	    c->organization, c->test ? "yes" : "no", c->listen,
	    words[c->client], c->legacy_paths ? "yes" : "no", c->fronts,
	    c->connections, c->max_age, c->max_ahead,
	    c->revocation_required ? "yes" : "no");
}
