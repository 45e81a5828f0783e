/* The leaves of a voucher (RFC 8366 5.3), whatever they are written in. */
#include "pledge/internal.h"

/* MP 10.2; binary leaves are base64 in JSON, but a nonce is the text it is (MP
 * 7.3). */
const struct leaf_row pledge_leaf_rows[LEAVES] = {
	[LEAF_ASSERTION] = { "assertion", 1, LEAF_ENUM },
	[LEAF_CREATED_ON] = { "created-on", 2, LEAF_TEXT },
	[LEAF_REVOCATION_CHECKS] = { "domain-cert-revocation-checks", 3,
	    LEAF_BOOLEAN },
	[LEAF_EXPIRES_ON] = { "expires-on", 4, LEAF_TEXT },
	[LEAF_IDEVID_ISSUER] = { "idevid-issuer", 5, LEAF_OCTETS },
	[LEAF_NONCE] = { "nonce", 7, LEAF_OCTETS },
	[LEAF_PIN_CERTIFICATE] = { "pinned-domain-cert", 8, LEAF_OCTETS },
	[LEAF_PIN_KEY] = { "pinned-domain-pubk", 9, LEAF_OCTETS },
	[LEAF_PIN_KEY_SHA256] = { "pinned-domain-pubk-sha256", 10,
	    LEAF_OCTETS },
	[LEAF_SERIAL_NUMBER] = { "serial-number", 11, LEAF_TEXT },
	[LEAF_CONFIGURATION_URL] = { "additional-configuration-url", 12,
	    LEAF_TEXT },
	[LEAF_EST_DOMAIN] = { "est-domain", 13, LEAF_TEXT },
	[LEAF_PROPRIETARY] = { "manufacturer-proprietary", 14, LEAF_OCTETS },
};

const char *const pledge_assertions[LEAF_ASSERTIONS] = { "verified", "logged",
	"proximity", "agent-proximity" };
