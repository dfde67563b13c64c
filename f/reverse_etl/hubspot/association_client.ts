import type { AssociationCall, AssociationRead, HubSpotAssociations } from "../sync/association_port.ts";
import type { HubSpotAnswer } from "../sync/hubspot_port.ts";
import { judgeAssociations } from "./association_answer.ts";
import { judgeAssociated, judgeAssociationLabels } from "./association_read_answer.ts";
import { sendOnce } from "./http_api.ts";
import type { ConnectionSettings } from "./resource_settings.ts";

/**
 * HubSpot's associations API v4. The requests are made here: of the official client's generated API for it (375 KB) only four paths would
 * be used.
 */
export function createAssociations(settings: ConnectionSettings): HubSpotAssociations {
  const { baseUrl, token, timeoutMs } = settings;
  const send = (
    types: { fromType: string; toType: string },
    path: string,
    inputs: readonly object[] | null,
  ) => {
    const [from, to] = [types.fromType, types.toType].map(encodeURIComponent);
    const headers = { authorization: `Bearer ${token}`, accept: "application/json" };
    return sendOnce(
      {
        url: `${baseUrl}/crm/v4/associations/${from}/${to}/${path}`,
        method: inputs === null ? "GET" : "POST",
        headers: inputs === null ? headers : { ...headers, "content-type": "application/json" },
        body: inputs === null ? undefined : JSON.stringify({ inputs }),
      },
      { timeoutMs, secret: token },
    );
  };
  return {
    write: (call) => write(call, send),
    read: (request) => send(request, "batch/read", request.inputs),
    labels: (fromType, toType) => send({ fromType, toType }, "labels", null),
    judge: judgeAssociations,
    judgeRead: judgeAssociated,
    judgeLabels: judgeAssociationLabels,
  };
}

type Send = (
  types: Pick<AssociationRead, "fromType" | "toType">,
  path: string,
  inputs: readonly object[],
) => Promise<HubSpotAnswer>;

function write(call: AssociationCall, send: Send): Promise<HubSpotAnswer> {
  if (call.action === "archive") return send(call, "batch/archive", archiveInputs(call));
  const { category, typeId } = call.type;
  const types = [{ associationCategory: category, associationTypeId: Number(typeId) }];
  const inputs = call.pairs.map(({ from, to }) => ({ from: { id: from }, to: { id: to }, types }));
  return send(call, call.action === "create" ? "batch/create" : "batch/labels/archive", inputs);
}

function archiveInputs({ pairs }: AssociationCall): readonly object[] {
  const byFrom = new Map<string, { id: string }[]>();
  for (const { from, to } of pairs) byFrom.set(from, [...(byFrom.get(from) ?? []), { id: to }]);
  return [...byFrom].map(([id, to]) => ({ from: { id }, to }));
}
