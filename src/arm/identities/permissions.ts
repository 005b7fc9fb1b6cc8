import type { Permissions } from '../../domain/ports.ts';
import type { JsonRecord } from '../../validate/json-record.ts';
import type { ArmConnection } from '../connection/arm-connection.ts';
import type { ArmRequest } from '../connection/arm-request.ts';
import { itemsOf } from '../connection/page-history.ts';

/** The permissions of the caller, as Microsoft.Authorization adds them up. */
export function armPermissions(connection: ArmConnection): Permissions {
  return {
    async at(scope, signal) {
      const about: ArmRequest = {
        doing: `read your own permissions on ${scope}`,
        action: 'Microsoft.Authorization/permissions/read',
        scope,
        caller: connection.caller,
      };
      const url = `${scope}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01`;
      const answer = await connection.read(url, about, signal);
      const body: unknown = JSON.parse(answer.text || '{}');
      return itemsOf(body).map((item) => ({
        actions: textsAt(item, 'actions'),
        notActions: textsAt(item, 'notActions'),
      }));
    },
  };
}

function textsAt(record: JsonRecord, key: string): string[] {
  const value = record[key];
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}
