import { shape } from '../results/result-shapes.ts';

interface SettingView {
  readonly name: string;
  readonly value: unknown;
  readonly source: string;
}

export const settingShape = {
  ...shape<SettingView>(
    ['SETTING', ({ name }) => name],
    ['VALUE', ({ value }) => value],
    ['FROM', ({ source }) => source],
  ),
  name: ({ name }: SettingView) => name,
};
