/**
 * The parts of the product that are mutated, and which of their tests are asked.
 * `slow`: files of tests that take more than two seconds each, or look at the whole repository. They are left out of the sample's runs,
 * so that a survivor is what the quick tests do not see; `--whole` asks them, too.
 * `whole`: projects of tests, the part's own first, that are asked of a survivor with `--whole`.
 */
export const parts = {
  core: {
    title: 'Airlock.Core',
    source: 'src/Airlock.Core',
    tests: 'tests/Airlock.Core.Tests',
    slow: ['Mutations', 'Exploration/CompositionTests.cs'],
    whole: ['tests/Airlock.Core.Tests', 'tests/Airlock.Client.Tests', 'tests/Airlock.Tests'],
    goal: 90,
  },
  airlock: {
    title: 'Airlock',
    source: 'src/Airlock',
    tests: 'tests/Airlock.Tests',
    slow: ['StressTests.cs', 'AllocationTests.cs'],
    whole: ['tests/Airlock.Tests', 'tests/Airlock.AspNetCore.Tests'],
    goal: 80,
  },
  aspnetcore: {
    title: 'Airlock.AspNetCore',
    source: 'src/Airlock.AspNetCore',
    tests: 'tests/Airlock.AspNetCore.Tests',
    slow: ['ReadmeTests.cs'],
    whole: ['tests/Airlock.AspNetCore.Tests', 'tests/Airlock.Server.Tests'],
    goal: 75,
  },
  client: {
    title: 'Airlock.Client',
    source: 'src/Airlock.Client',
    tests: 'tests/Airlock.Client.Tests',
    slow: ['ScheduleTests.cs', 'DeliveryTests.cs'],
    whole: ['tests/Airlock.Client.Tests', 'tests/Airlock.AspNetCore.Tests'],
    goal: 80,
  },
  javascript: {
    title: 'JavaScript client',
    source: 'clients/js/src',
    tests: 'clients/js/test',
    slow: ['client.chaos.test.js', 'client.schedules.test.js'],
    whole: ['clients/js/test'],
    goal: 80,
  },
};
