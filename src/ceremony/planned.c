/* Certificates as a ceremony will make them (IP 3, 4, 6). */
#include <stdio.h>

#include "ceremony/ceremony.h"
#include "ceremony/plan.h"
#include "wire/der.h"

#define DAY 86400

void
planned_root(const struct plan *p, const struct plan_root *r, bool rehearsal,
    int64_t now, char name[65], struct certificate_plan *out)
{
	char rest[NAME_TEXT];

	snprintf(rest, sizeof(rest), "%s Root %u",
	    r->purpose == PURPOSE_IDEVID_CA ? "IDevID" : "Voucher",
	    r->generation);
	common_name(name, rehearsal, p->organization, rest);
	memset(out, 0, sizeof(*out));
	out->profile = PROFILE_ROOT;
	out->organization = p->organization;
	out->common_name = name;
	out->not_before = now;
	out->not_after = DER_TIME_FOREVER;
}

void
planned_item(const struct plan *p, const struct plan_item *item, bool rehearsal,
    int64_t now, char name[65], struct certificate_plan *out)
{
	bool ca = item->root->purpose == PURPOSE_IDEVID_CA;
	char rest[NAME_TEXT];

	if (ca)
		snprintf(rest, sizeof(rest), "IDevID CA %s-%u", item->slot,
		    item->number);
	else
		snprintf(rest, sizeof(rest), "Voucher Signer %u", item->number);
	common_name(name, rehearsal, p->organization, rest);
	memset(out, 0, sizeof(*out));
	out->profile = ca ? PROFILE_IDEVID_CA : PROFILE_VOUCHER_SIGNER;
	out->organization = p->organization;
	out->unit = item->unit[0] == '\0' ? NULL : item->unit;
	out->common_name = name;
	out->not_before = now;
	out->not_after = item->days == 0 ? DER_TIME_FOREVER
					 : now + (int64_t)item->days * DAY;
	out->spki = item->csr.spki;
	out->policy =
	    span_of(item_policy(p, item)->oid, item_policy(p, item)->len);
	out->product_policy =
	    span_of(item->product_policy.oid, item->product_policy.len);
	out->policy_marks = !ca && p->voucher_policy_form == POLICY_EXTENSION;
}

enum lint_subject
planned_lint(const struct plan_item *item)
{
	return item == NULL || item->root->purpose == PURPOSE_IDEVID_CA
	    ? LINT_CA
	    : LINT_VOUCHER_SIGNER;
}
