/* What stands behind each code of the linter, and how to mend it, see lint.h. */
#include "x509/lint.h"

static const struct {
	enum reason code;
	bool only_warns; /* in what another CA issued (IP 10) */
	const char *clause, *fix;
} words[] = {
	{ REASON_L01, true, "RFC 5280 4.1.2.5, RFC 8995 2.6.2",
	    "Issue it again with notAfter 99991231235959Z, as GeneralizedTime: "
	    "a device and its CA do not expire." },
	{ REASON_L02, true, "RFC 8995 2.3.1, RFC 5280 A.1",
	    "Put exactly one serialNumber (2.5.4.5) into the subject, a "
	    "PrintableString of 1 to 64 characters." },
	{ REASON_L03, true, "IP 5.2",
	    "Give the unit a serial of its CA's slot that was never used: "
	    "PRODUCT-SLOT-COUNTER, with the check character where the product "
	    "has one." },
	{ REASON_L04, true, "RFC 5280 4.2.1.1",
	    "Issue it with an authorityKeyIdentifier that holds the "
	    "keyIdentifier of its CA and nothing else." },
	{ REASON_L05, true, "RFC 8995 2.3.2",
	    "Add 1.3.6.1.5.5.7.1.32, not critical: an IA5String with the "
	    "MASA's host and, if need be, port." },
	{ REASON_L06, false, "RFC 5280 4.2.1.9, IP 5",
	    "Issue it without CA:TRUE, keyCertSign, anyPolicy and the voucher "
	    "policy, and look for who put them in: a device that can certify "
	    "or authorise is a break-in." },
	{ REASON_L07, true, "RFC 5280 4.2.1.3, 4.2.1.9",
	    "Issue the CA with critical basicConstraints CA:TRUE and critical "
	    "keyUsage keyCertSign." },
	{ REASON_L08, true, "RFC 5280 4.1.2.2",
	    "Issue it with a certificate number of its own: 8 to 20 octets, "
	    "positive, drawn at random." },
	{ REASON_L09, false, "RFC 5280 4.1.2.4, 4.2.1.1",
	    "Copy issuer octet by octet from the CA's subject and the "
	    "keyIdentifier from its subjectKeyIdentifier, or name the right "
	    "CA." },
	{ REASON_L10, false, "RFC 5480 2.1.1, RFC 8017 3.1",
	    "Use P-256, P-384, P-521 with a named curve and uncompressed "
	    "point, Ed25519, or RSA of 2048 bits or more with exponent 65537; "
	    "sign with SHA-256 or longer." },
	{ REASON_L11, true, "RFC 5280 4.2.1.13, 4.2.2.1",
	    "Leave out CRL distribution points and authority information: "
	    "nobody can serve them for as long as a device lives." },
	{ REASON_L12, true, "RFC 5280 4.1.2.5",
	    "Write dates through 2049 as UTCTime YYMMDDhhmmssZ, later ones as "
	    "GeneralizedTime YYYYMMDDhhmmssZ." },
	{ REASON_L13, true, "RFC 8995 11.6, IP 6",
	    "Have the voucher root or a voucher CA certify the signer, as an "
	    "end entity, with the voucher policy where one is configured." },
	{ REASON_L14, false, "RFC 5280 4.2",
	    "Leave the extension out, or make it not critical where RFC 5280 "
	    "lets it be: a verifier that does not know it must refuse the "
	    "certificate. Constraints are for CAs." },
	{ REASON_L15, false, "IP 10",
	    "Make a new key: the private half of this one is printed in a "
	    "standard, so everybody has it." },
};
#define WORDS (sizeof(words) / sizeof(words[0]))

static size_t
row_of(enum reason code)
{
	size_t i;

	for (i = 0; i < WORDS && words[i].code != code; i++)
		;
	return i;
}

const char *
lint_clause(enum reason code)
{
	size_t i = row_of(code);

	return i < WORDS ? words[i].clause : reason_clause(code);
}

const char *
lint_fix(enum reason code)
{
	size_t i = row_of(code);

	return i < WORDS ? words[i].fix : reason_sentence(code);
}

bool
lint_only_warns(enum reason code)
{
	size_t i = row_of(code);

	return i < WORDS && words[i].only_warns;
}
