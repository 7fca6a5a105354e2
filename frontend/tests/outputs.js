// What tests do with the outputs of the Prepare screen, as a person would.

/** Adds outputs by what the dialog calls them. @param {import('playwright-core').Page} page @param {...(string | RegExp)} labels */
export async function addOutputs(page, ...labels) {
  await page.locator('.settings .pane-head .btn').last().click();
  const dialog = page.locator('dialog.offers');
  for (const name of labels) await dialog.getByRole('checkbox', { name, exact: true }).check();
  await dialog.locator('.btn.primary').click();
  await dialog.waitFor({ state: 'detached' });
}

/** Removes all outputs: the form begins with those of the server's last job. @param {import('playwright-core').Page} page */
export async function removeOutputs(page) {
  await page.locator('.settings').waitFor();
  const cards = page.locator('.output-card');
  for (let left = await cards.count(); left > 0; left -= 1) {
    const [card] = [cards.first()];
    if (!(await card.locator('.output-body').count())) await card.locator('.output-name').click();
    await card.locator('.output-body > .actions .btn').last().click();
    await page.waitForFunction((now) => document.querySelectorAll('.output-card').length < now, left);
  }
}
